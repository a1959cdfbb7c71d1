package examples_test

import (
	"slices"
	"strings"
	"testing"
)

// checkExpiry: one message for each date and lead time, also for a date that has passed;
// values with one date share it.
func checkExpiry(t *testing.T, a *assembly) {
	tm := a.template(t, "Expiry")
	var got []string
	for _, r := range tm.Resources {
		if r.Type == "AWS::Scheduler::Schedule" {
			target, _ := r.Properties["Target"].(map[string]any)
			got = append(got, text(r.Properties["ScheduleExpression"])+" "+text(target["Input"]))
		}
	}
	slices.Sort(got)
	want := []string{
		`"cron(0 9 1 3 ? 2028,2196)" "\"payments.api_key\", \"shipping.api_key\" in partners.sops.yaml expire on 2028-03-31, in 30 days."`,
		`"cron(0 9 23 6 ? 2021,2196)" "\"shipping.webhook_secret\" in partners.sops.yaml expires on 2021-06-30, in 7 days."`,
		`"cron(0 9 24 3 ? 2028,2196)" "\"payments.api_key\", \"shipping.api_key\" in partners.sops.yaml expire on 2028-03-31, in 7 days."`,
		`"cron(0 9 31 5 ? 2021,2196)" "\"shipping.webhook_secret\" in partners.sops.yaml expires on 2021-06-30, in 30 days."`,
		`"cron(59 23 16 10 ? 2027,2196)" "\"tls.private_key\" in partners.sops.yaml expires on 2027-11-15T23:59:59Z, in 30 days."`,
		`"cron(59 23 8 11 ? 2027,2196)" "\"tls.private_key\" in partners.sops.yaml expires on 2027-11-15T23:59:59Z, in 7 days."`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	group := tm.find(t, "AWS::Scheduler::ScheduleGroup", "Reminders")
	if trust := text(tm.Resources[tm.find(t, roleType, "SchedulerRole")].Properties["AssumeRolePolicyDocument"]); !strings.Contains(trust, `"aws:SourceArn":{"Fn::GetAtt":["`+group+`","Arn"]}`) {
		t.Errorf("the role's trust is %s", trust)
	}
	if strings.Contains(a.stderr, "clear-values") {
		t.Errorf("a date passes for a secret: %s", a.stderr)
	}
}
