package sopsconstructs

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
)

// ExpirationRemindersProps are the properties of [ExpirationReminders].
type ExpirationRemindersProps struct {
	// SopsFilePath is the SOPS file, relative to the folder of cdk.json: the short form
	// of a SopsFile with nothing but a Path.
	// Required, unless SopsFile is given.
	SopsFilePath string
	// SopsFile is the SOPS file, a part of it, or several as one. It needs a Path, since the
	// dates are read at synth.
	// Default: the file at SopsFilePath.
	SopsFile *SopsFile
	// Topic is where the reminders go. It is no FIFO topic, to which EventBridge Scheduler
	// cannot send without a group. It may be of another stack, or imported; the policies of
	// an imported key that encrypts it are not changed.
	// Required.
	Topic awssns.ITopic
	// DaysBefore are how many days before a date a reminder is sent, up to 3,650; 0 is on
	// the day itself.
	// Default: 30.
	DaysBefore []int
	// Suffix ends the names of the values that are dates, such as "_expires": letters,
	// digits and the marks _ and -.
	// Default: "_expiration".
	Suffix string
}

// maxDaysBefore is ten years.
const maxDaysBefore = 3650

var expirationSuffix = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// check returns what is wrong with the properties themselves, besides the file's, and
// fills in the defaults.
func (p *ExpirationRemindersProps) check(file *SopsFile) error {
	if p.Suffix == "" {
		p.Suffix = "_expiration"
	}
	if len(p.DaysBefore) == 0 {
		p.DaysBefore = []int{30}
	}
	for i, days := range p.DaysBefore {
		switch {
		case days < 0 || days > maxDaysBefore:
			return fmt.Errorf("DaysBefore has %d; use 0 to %d days", days, maxDaysBefore)
		case slices.Contains(p.DaysBefore[:i], days):
			return fmt.Errorf("DaysBefore has %d twice; remove one", days)
		}
	}
	switch {
	case p.Topic == nil:
		return errors.New("no Topic; pass the SNS topic that the reminders go to")
	case !expirationSuffix.MatchString(p.Suffix):
		return fmt.Errorf("invalid Suffix %q; use 1 to 64 letters, digits and the marks _ and -", p.Suffix)
	case file.lacksPath():
		return errors.New("the SopsFile has no Path; pass the file that is in Bucket as Path, too: the dates come from it")
	}
	if fifo := p.Topic.Fifo(); fifo != nil && *fifo {
		return errors.New("the Topic is a FIFO topic, to which EventBridge Scheduler cannot send without a message group; pass a standard one")
	}
	return nil
}
