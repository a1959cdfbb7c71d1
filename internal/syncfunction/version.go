package syncfunction

import (
	"net/url"
	"regexp"
	"sync"
	"time"
)

// dateLayout is the form of the date in a ResponseURL and in a version's id. It has
// whole seconds and sorts as text.
const dateLayout = "20060102T150405Z"

// versionID returns the ClientRequestToken of what this request writes, and so the id
// of the version: the request's date, a hyphen, and 40 hexadecimal digits of the hash
// of the stack's, the request's and the resource's id (57 characters, of the 32 to 64
// that AWS takes). It is the same whenever this request is delivered and different
// for every other. Whoever lists the versions sees the order of their requests.
//
// A request without a date has all 64 digits of the hash as its id. more makes a
// further id of the same request and date.
func (e event) versionID(more ...string) string {
	sum := hash(append([]string{e.stackID, e.requestID, e.logicalResourceID}, more...)...)
	if date := e.issued(); date != "" {
		return date + "-" + sum[:40]
	}
	return sum
}

// issued returns when CloudFormation made the request: the date that it signed the
// ResponseURL with, which it does anew for each request (the URL's path ends in
// the request's id, and it expires after two hours, which a stack's operation may
// outlast). "" means that the URL does not say.
func (e event) issued() string {
	u, err := url.Parse(e.responseURL)
	if err != nil {
		return ""
	}
	date := u.Query().Get("X-Amz-Date")
	if t, err := time.Parse(dateLayout, date); err != nil || t.Format(dateLayout) != date {
		return ""
	}
	return date
}

var datedID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9]{8}T[0-9]{6}Z)-[0-9a-f]{40}$`)
})

// dateOf returns the date in a version's id, or "" for an id that no dated request of
// this function made.
func dateOf(id string) string {
	if m := datedID().FindStringSubmatch(id); m != nil {
		return m[1]
	}
	return ""
}

// standing says which request comes later in CloudFormation's order: the one whose
// version is compared, or this one.
type standing int

const (
	older standing = iota // the version's request comes before this one
	mine                  // it is this one
	later                 // it comes after this one
	even                  // the dates do not decide
)

// compare returns how the version id stands to own, the id of this request's version.
// An id without a date is older than every request with one: somebody else's, one of
// an earlier release, or of a request without a date. Between two requests of one
// second, and for a request without a date, nothing decides.
func compare(id, own string) standing {
	theirs, ours := dateOf(id), dateOf(own)
	switch {
	case id == own:
		return mine
	case ours == "" || theirs == ours:
		return even
	case theirs > ours:
		return later
	}
	return older
}
