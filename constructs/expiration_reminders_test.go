package sopsconstructs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// dated is a file with dates. Its suffix is one whose values sopstest leaves clear.
const dated = `{"api_key": "demo-value-1", "api_key_unencrypted": "2027-06-30", "db": {"password": "demo-value-2", "password_unencrypted": "2027-06-30T00:00:00Z"},
	"old": "demo-value-3", "old_unencrypted": "2020-03-01", "timed": "demo-value-4", "timed_unencrypted": "2027-06-30T23:59:59+02:00", "none_unencrypted": null}`

func reminders(stack awscdk.Stack, id string, props sopsconstructs.ExpirationRemindersProps) *sopsconstructs.ExpirationReminders {
	if props.Topic == nil {
		props.Topic = awssns.NewTopic(stack, new(id+"Topic"), nil)
	}
	return sopsconstructs.NewExpirationReminders(stack, id, &props)
}

// schedules are when messages are sent, and which.
func schedules(t *testing.T, stack awscdk.Stack) []string {
	t.Helper()
	var all []string
	for _, r := range resources(t, stack, "AWS::Scheduler::Schedule") {
		p := r.Properties
		target := p["Target"].(map[string]any)
		if p["ScheduleExpressionTimezone"] != "Etc/UTC" || p["State"] != "ENABLED" || p["StartDate"] != nil || p["EndDate"] != nil || text(p["FlexibleTimeWindow"]) != `{"Mode":"OFF"}` {
			t.Errorf("got %s", text(p))
		}
		all = append(all, p["ScheduleExpression"].(string)+" "+target["Input"].(string))
	}
	slices.Sort(all)
	return all
}

// Each date has one message for each of DaysBefore, whatever day it is: also one that has
// passed. Nothing is a one-time schedule, which could not be made then.
func TestExpirationReminders(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(dated))
	props := sopsconstructs.ExpirationRemindersProps{SopsFilePath: "x.sops.json", Suffix: "_unencrypted"}
	for _, c := range []struct {
		name string
		days []int
		want []string
	}{
		{"default", nil, []string{
			`cron(0 9 31 1 ? 2020,2196) "old" in x.sops.json expires on 2020-03-01, in 30 days.`,
			`cron(0 9 31 5 ? 2027,2196) "api_key", "db.password" in x.sops.json expire on 2027-06-30, in 30 days.`,
			`cron(59 21 31 5 ? 2027,2196) "timed" in x.sops.json expires on 2027-06-30T21:59:59Z, in 30 days.`,
		}},
		{"several lead times", []int{366, 1, 0}, []string{
			`cron(0 9 1 3 ? 2019,2196) "old" in x.sops.json expires on 2020-03-01, in 366 days.`,
			`cron(0 9 1 3 ? 2020,2196) "old" in x.sops.json expires on 2020-03-01, today.`,
			`cron(0 9 29 2 ? 2020,2196) "old" in x.sops.json expires on 2020-03-01, tomorrow.`,
			`cron(0 9 29 6 ? 2026,2196) "api_key", "db.password" in x.sops.json expire on 2027-06-30, in 366 days.`,
			`cron(0 9 29 6 ? 2027,2196) "api_key", "db.password" in x.sops.json expire on 2027-06-30, tomorrow.`,
			`cron(0 9 30 6 ? 2027,2196) "api_key", "db.password" in x.sops.json expire on 2027-06-30, today.`,
			`cron(59 21 29 6 ? 2026,2196) "timed" in x.sops.json expires on 2027-06-30T21:59:59Z, in 366 days.`,
			`cron(59 21 29 6 ? 2027,2196) "timed" in x.sops.json expires on 2027-06-30T21:59:59Z, tomorrow.`,
			`cron(59 21 30 6 ? 2027,2196) "timed" in x.sops.json expires on 2027-06-30T21:59:59Z, today.`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := newStack(nil)
			props := props
			props.DaysBefore = c.days
			r := reminders(stack, "Reminders", props)
			if got := schedules(t, stack); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if got := r.Names(); !slices.Equal(got, []string{"api_key", "db.password", "old", "timed"}) {
				t.Errorf("the names are %q", got)
			}
			if got := warnings(stack); got != nil {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("a part", func(t *testing.T) {
		stack := newStack(nil)
		reminders(stack, "Reminders", sopsconstructs.ExpirationRemindersProps{SopsFile: (&sopsconstructs.SopsFile{Path: "x.sops.json"}).Select("db"), Suffix: "_unencrypted"})
		want := []string{`cron(0 9 31 5 ? 2027,2196) "password" in x.sops.json:db expires on 2027-06-30, in 30 days.`}
		if got := schedules(t, stack); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("without keys", func(t *testing.T) {
		var templates []string
		for _, context := range []map[string]any{nil, {"sops:decrypt": "skip"}} {
			stack := newStack(context)
			reminders(stack, "Reminders", props)
			templates = append(templates, text(*assertions.Template_FromStack(stack, nil).ToJSON()))
			t.Setenv("SOPS_AGE_KEY", "")
		}
		if templates[0] != templates[1] {
			t.Error("sops:decrypt=skip gives another template")
		}
		stack := newStack(nil)
		reminders(stack, "Reminders", props)
		if got := synthFailure(t, stack); !strings.Contains(got, "none of the file's master keys opens it") {
			t.Errorf("the file is not verified: %s", got)
		}
	})
}

// Scheduler may send to the topic, for this group alone, and use the topic's key.
func TestExpirationRemindersRights(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(dated))
	stack := newStack(nil)
	key := awskms.NewKey(stack, new("Key"), nil)
	r := reminders(stack, "Reminders", sopsconstructs.ExpirationRemindersProps{SopsFilePath: "x.sops.json", Suffix: "_unencrypted", DaysBefore: []int{30, 7},
		Topic: awssns.NewTopic(stack, new("Topic"), &awssns.TopicProps{MasterKey: key})})
	role := text(only(t, stack, "AWS::IAM::Role").Properties["AssumeRolePolicyDocument"])
	group := *stack.GetLogicalId(r.ScheduleGroup().Node().DefaultChild().(awscdk.CfnElement))
	for _, want := range []string{`"aws:SourceArn":{"Fn::GetAtt":["` + group + `","Arn"]}`, `"aws:SourceAccount":`, `"Service":"scheduler.amazonaws.com"`} {
		if strings.Count(role, want) != 1 {
			t.Errorf("the role's trust is %s, want %s once", role, want)
		}
	}
	policy := text(only(t, stack, "AWS::IAM::Policy").Properties["PolicyDocument"])
	topic := *stack.GetLogicalId(stack.Node().FindChild(new("Topic")).Node().DefaultChild().(awscdk.CfnElement))
	for _, want := range []string{`"Action":"sns:Publish","Effect":"Allow","Resource":{"Ref":"` + topic + `"}`, `"kms:Decrypt"`, `"kms:GenerateDataKey*"`} {
		if !strings.Contains(policy, want) {
			t.Errorf("the role's policy is %s, want %s", policy, want)
		}
	}
	for _, schedule := range resources(t, stack, "AWS::Scheduler::Schedule") {
		// The CDK writes the group's name, which orders nothing.
		if got := text(schedule.DependsOn); got != `["`+group+`"]` || schedule.Properties["GroupName"] != only(t, stack, "AWS::Scheduler::ScheduleGroup").Properties["Name"] {
			t.Errorf("the schedule is in %s, after %s", schedule.Properties["GroupName"], got)
		}
	}
	if policy := only(t, stack, "AWS::Scheduler::ScheduleGroup").raw["DeletionPolicy"]; policy != "Delete" {
		t.Errorf("the group stays: %s", policy)
	}
}

func TestExpirationRemindersMisuse(t *testing.T) {
	openable(t)
	const x = "x.sops.json"
	type props = sopsconstructs.ExpirationRemindersProps
	file := func(clear string) sopstest.File { return standard(clear) }
	for _, c := range []struct {
		name  string
		file  sopstest.File
		props props
		want  string
	}{
		{"no date", file(clear), props{SopsFilePath: x}, `x.sops.json has no date: no name of a value ends in "_expiration"`},
		{"encrypted", file(`{"a": "demo-value-1", "a_expiration": "2027-06-30"}`), props{SopsFilePath: x}, `x.sops.json: "a_expiration" is encrypted, and its date is needed without a key`},
		{"no path", file(dated), props{}, "no SopsFilePath"},
		{"a bucket alone", file(dated), props{SopsFile: &sopsconstructs.SopsFile{Key: "k.json", DecryptionKeys: []awskms.IKey{}}}, "the Bucket and Key of a SopsFile name one object together"},
		{"twice", file(dated), props{SopsFilePath: x, DaysBefore: []int{7, 7}}, "DaysBefore has 7 twice; remove one"},
		{"after the date", file(dated), props{SopsFilePath: x, DaysBefore: []int{-1}}, "DaysBefore has -1; use 0 to 3650 days"},
		{"a suffix with a dot", file(dated), props{SopsFilePath: x, Suffix: ".expires"}, `invalid Suffix ".expires"; use 1 to 64 letters, digits and the marks _ and -`},
		{"a key that is not allowed", file(dated), props{SopsFile: &sopsconstructs.SopsFile{Path: x, AllowedKeys: []string{keyUS}}, Suffix: "_unencrypted"}, "which is not among the allowed keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, x, c.file)
			stack := newStack(nil)
			got := panicOf(t, func() { reminders(stack, "Reminders", c.props) })
			if want := `constructs: ExpirationReminders "S/Reminders": `; !strings.HasPrefix(got, want) || !strings.Contains(got, c.want) || strings.Contains(got, "demo-value") {
				t.Errorf("got %s\nwant %s%s", got, want, c.want)
			}
		})
	}
	write(t, x, file(dated))
	for name, make := range map[string]func(stack awscdk.Stack) props{
		"no Topic": func(awscdk.Stack) props { return props{SopsFilePath: x} },
		"a FIFO topic": func(stack awscdk.Stack) props {
			return props{SopsFilePath: x, Topic: awssns.NewTopic(stack, new("T"), &awssns.TopicProps{Fifo: new(true)})}
		},
		"the SopsFile has no Path": func(stack awscdk.Stack) props {
			return props{Topic: awssns.NewTopic(stack, new("T"), nil), SopsFile: &sopsconstructs.SopsFile{Bucket: awss3.Bucket_FromBucketName(stack, new("B"), new("a-bucket")), Key: "k.json",
				DecryptionKeys: []awskms.IKey{awskms.Key_FromKeyArn(stack, new("K"), new(keyEU))}, UnboundObject: true}}
		},
	} {
		stack := newStack(nil)
		p := make(stack)
		if got := panicOf(t, func() { sopsconstructs.NewExpirationReminders(stack, "Reminders", &p) }); !strings.Contains(got, name) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
