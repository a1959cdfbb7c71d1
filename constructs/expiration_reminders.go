package sopsconstructs

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// ExpirationReminders send messages to an SNS topic some time before the values of a SOPS
// file expire. The date of a value is beside it, in clear text, under the value's name and a
// suffix:
//
//	api_key: ENC[AES256_GCM,…]
//	api_key_expiration: 2027-06-30
//
// The rule in .sops.yaml that leaves it in clear text is
//
//	creation_rules:
//	  - unencrypted_suffix: _expiration
//
// A file has one rule alone, so a rule of another kind has to leave such names out:
// unencrypted_regex "_(unencrypted|expiration)$", for example. The file's MAC covers clear
// values too, unless mac_only_encrypted is set.
//
// A date is 2027-06-30, for which reminders are sent at 9:00 UTC, or a time in RFC 3339. All
// values with one date share one message for each of DaysBefore, which names them and holds
// no value. A date that is null or empty counts for nothing.
//
// There is one schedule of EventBridge Scheduler for each message. Its cron expression has
// the day and the year, so that nothing depends on the day of the synthesis, and dates that
// have passed deploy like others and send nothing. It has a second year, 2196, since an
// expression with a past year alone never runs again, which a service may refuse. A message
// comes at least once, as EventBridge Scheduler promises it: rarely, twice.
//
// A changed date is another schedule. Scheduler may use the topic from this construct's
// schedule group alone (aws:SourceArn), a child named "Group".
type ExpirationReminders struct {
	constructs.Construct
	site  *site
	dates []render.Date
	group awsscheduler.ScheduleGroup
}

// NewExpirationReminders makes reminders for the dates of a SOPS file. It panics on misuse:
// where the file has no date, and for a date that is encrypted or cannot be read.
func NewExpirationReminders(scope constructs.Construct, id string, props *ExpirationRemindersProps) *ExpirationReminders {
	r := &ExpirationReminders{}
	r.site = newSite(r, "ExpirationReminders", scope, id)
	p := ExpirationRemindersProps{}
	if props != nil {
		p = *props
	}
	file := r.site.fileToFill(p.SopsFilePath, p.SopsFile, p.check)
	r.dates = r.site.datesIn(file, p.Suffix)
	r.group = awsscheduler.NewScheduleGroup(r, new("Group"), &awsscheduler.ScheduleGroupProps{RemovalPolicy: awscdk.RemovalPolicy_DESTROY})
	utc := awscdk.TimeZone_ETC_UTC()
	for _, due := range byDate(r.dates) {
		for _, days := range p.DaysBefore {
			r.remind(due, days, utc, file.name(), &p)
		}
	}
	return r
}

// Names returns the names of the values that expire, as in flat JSON, in the file's order.
func (r *ExpirationReminders) Names() []string {
	var names []string
	for _, date := range r.dates {
		names = append(names, date.Of)
	}
	return names
}

// ScheduleGroup returns the group of the schedules.
func (r *ExpirationReminders) ScheduleGroup() awsscheduler.IScheduleGroup { return r.group }

// datesIn returns the dates of a file, which is verified with the others before synthesis.
// For a stack that the command does not need, what is wrong is a warning.
func (s *site) datesIn(file *SopsFile, suffix string) []render.Date {
	src := newSource(file)
	var dates []render.Date
	err := s.read(&src)
	if err == nil {
		dates, err = src.selected.Dates(suffix)
	}
	if err == nil && len(dates) == 0 {
		err = fmt.Errorf("%s has no date: no name of a value ends in %q", file.name(), suffix)
	}
	switch {
	case s.setAside(err):
		return nil
	case err != nil:
		s.fail(err)
	case s.stack.inScope && !s.app.settings.skip:
		// Their quotes and their form are for what lands from them.
		s.app.decryptions.start(s, synthfile.Verify(s.stack.env.region, src.read...), landing{output: render.Output{Mode: render.Raw}})
	}
	return dates
}

// byDate returns the dates in groups of the same time, the earliest first.
func byDate(dates []render.Date) [][]render.Date {
	sorted := slices.Clone(dates)
	slices.SortStableFunc(sorted, func(a, b render.Date) int { return a.At.Compare(b.At) })
	var groups [][]render.Date
	for _, date := range sorted {
		if last := len(groups) - 1; last >= 0 && groups[last][0].At.Equal(date.At) {
			groups[last] = append(groups[last], date)
		} else {
			groups = append(groups, []render.Date{date})
		}
	}
	return groups
}

const (
	// reminderHour is when a reminder of a date without a time is sent, in UTC.
	reminderHour = 9
	// farYear is one that no date has, a leap year, so that each day of a year is in it.
	farYear = 2196
)

// remind makes the schedule that sends one message, some days before a date.
func (r *ExpirationReminders) remind(due []render.Date, days int, utc awscdk.TimeZone, file string, p *ExpirationRemindersProps) {
	at := due[0].At
	if due[0].Day() {
		at = at.Add(reminderHour * time.Hour)
	}
	at = at.AddDate(0, 0, -days)
	cron := fmt.Sprintf("cron(%d %d %d %d ? %d,%d)", at.Minute(), at.Hour(), at.Day(), int(at.Month()), at.Year(), farYear)
	message := reminder(due, days, file)
	schedule := awsscheduler.NewSchedule(r, new(fmt.Sprintf("%s-%d", due[0], days)), &awsscheduler.ScheduleProps{
		Schedule:      awsscheduler.ScheduleExpression_Expression(&cron, utc),
		ScheduleGroup: r.group,
		Description:   new("Reminder of the expiration on " + due[0].String()),
		Target: awsschedulertargets.NewSnsPublish(p.Topic, &awsschedulertargets.ScheduleTargetBaseProps{
			Input: awsscheduler.ScheduleTargetInput_FromText(&message),
		}),
	})
	// The CDK refers to the group by its name as text, which would let CloudFormation make
	// the schedule first.
	schedule.Node().AddDependency(r.group)
}

// mostExpiring is how many names a message has: EventBridge Scheduler takes 256 KB, and a
// person fewer.
const mostExpiring = 100

// reminder returns the message about values that expire at one time.
func reminder(due []render.Date, days int, file string) string {
	var names []string
	for _, date := range due {
		names = append(names, date.Of)
	}
	verb := "expires"
	if len(due) > 1 {
		verb = "expire"
	}
	when := fmt.Sprintf("in %d days", days)
	switch days {
	case 0:
		when = "today"
	case 1:
		when = "tomorrow"
	}
	return fmt.Sprintf("%s in %s %s on %s, %s.", filetext.Few(names, mostExpiring), file, verb, due[0], when)
}
