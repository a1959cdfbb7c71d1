package render

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Date is a date that stands in a file in clear text.
type Date struct {
	// Of is the name of the value that has the date, as in flat JSON: that of the date,
	// without the suffix.
	Of string
	// At is the time, in UTC. A date alone is the begin of its day.
	At time.Time
}

// Day reports whether the date is one without a time.
func (d Date) Day() bool { return d.At.Equal(d.At.Truncate(24 * time.Hour)) }

// String returns the date: 2027-06-30 or 2027-06-30T12:00:00Z.
func (d Date) String() string {
	if d.Day() {
		return d.At.Format(time.DateOnly)
	}
	return d.At.Format(time.RFC3339)
}

// The years that a date may have: cron expressions of EventBridge begin with 1970.
const (
	firstYear = 1971
	lastYear  = 2190
)

// Dates returns the dates of a file: the values whose names end in suffix, in the file's
// order. null and the empty text are none. A value that is encrypted, or no date, is an
// error. t is from [sopsfile.File.Ciphertext].
func Dates(t *sopsfile.Tree, suffix string) ([]Date, error) {
	var dates []Date
	var walk func(n sopsfile.Node, path []step) error
	walk = func(n sopsfile.Node, path []step) error {
		inMap := n.Kind() == sopsfile.Map
		return children(n, path, func(kid sopsfile.Node, path []step) error {
			name := flatName(path)
			switch of, ok := strings.CutSuffix(name, suffix); {
			case !kid.Kind().Scalar():
				return walk(kid, path)
			case !inMap || !ok || kid.Key() == suffix || kid.Kind() == sopsfile.Null || kid.IsEmptyString():
				return nil
			case kid.Encrypted():
				return fmt.Errorf("%s is encrypted, and its date is needed without a key; have sops leave it in clear text, with \"unencrypted_suffix: %s\" in the rule of .sops.yaml (a rule that has encrypted_regex or the like leaves it out there), and encrypt the values again", filetext.Quote(name), suffix)
			default:
				at, err := dateOf(kid)
				if err != nil {
					return fmt.Errorf("%s %w", filetext.Quote(name), err)
				}
				dates = append(dates, Date{of, at})
				return nil
			}
		})
	}
	for i := range t.Len() {
		if err := walk(t.Document(i), nil); err != nil {
			return nil, err
		}
	}
	return dates, nil
}

// dateOf returns the date that a clear value is. The error does not quote it.
func dateOf(n sopsfile.Node) (time.Time, error) {
	text := string(n.Text().Reveal())
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	if err != nil || n.Kind() != sopsfile.String && n.Kind() != sopsfile.Time {
		return time.Time{}, errors.New("is no date; write 2027-06-30, or 2027-06-30T12:00:00Z")
	}
	if at = at.UTC(); at.Year() < firstYear || at.Year() > lastYear {
		return time.Time{}, fmt.Errorf("has a year before %d or after %d; correct it", firstYear, lastYear)
	}
	return at, nil
}
