package masterkey

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// request is a call to AWS, as far as its error's text needs it.
type request struct {
	key    sopsfile.MasterKey
	action string // "kms:Decrypt" or "sts:AssumeRole"
	region string
	within time.Duration
	parent context.Context // without the call's own deadline
}

// reason puts err into words for the user: what is wrong with this key, and the
// remedy. Of the answer's own text only two parts are passed on, by pattern: who
// was refused and which kind of policy refused.
func (r request) reason(err error) error {
	if cause := r.parent.Err(); cause != nil {
		return fmt.Errorf("not waited for: %w", cause)
	}
	if awserror.Answered(err) {
		return r.refusal(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return unavailable("no answer to %s from %s within %v; the region may be down or not reachable from here", r.action, r.region, r.within.Round(100*time.Millisecond))
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return fmt.Errorf("%s has no address for %s here; check the key's region, the DNS and the network", r.region, r.service())
	}
	return unavailable("%s of %s is not reachable; the region may be down, or the network in the way (in a VPC: is there an endpoint or a NAT gateway?)", r.service(), r.region)
}

// unavailable returns an error that wraps ErrUnavailable and has a text of its own.
func unavailable(format string, args ...any) error {
	return &wordedError{fmt.Sprintf(format, args...), []error{ErrUnavailable}}
}

func (r request) service() string {
	if r.action == "sts:AssumeRole" {
		return "STS"
	}
	return "KMS"
}

// refusal puts an error answer of AWS into words.
func (r request) refusal(err error) error {
	code := awserror.Code(err)
	switch {
	case awserror.Denied(err):
		return r.denied(awserror.Message(err))
	case awserror.Throttled(err), code == awserror.LimitExceeded:
		return fmt.Errorf("%s of %s refuses more requests for now (%w); try again", r.service(), r.region, ErrThrottled)
	}
	switch code {
	case "DisabledException":
		return fmt.Errorf("the key is disabled; \"aws kms enable-key --region %s --key-id …\" enables it", r.region)
	case "KMSInvalidStateException":
		if strings.Contains(awserror.Message(err), "pending deletion") {
			return fmt.Errorf("the key is pending deletion; \"aws kms cancel-key-deletion --region %s --key-id …\" and then enable-key save it and every file that only it opens", r.region)
		}
		return errors.New("the key's state does not allow to decrypt; \"aws kms describe-key\" shows it")
	case "NotFoundException":
		return &wordedError{"the key does not exist; it was deleted, or account, region or id are wrong", []error{errNoKey}}
	case "IncorrectKeyException":
		return errors.New("another key wrapped the data key; an alias points to another key than when the file was encrypted, or the entry was changed by hand")
	case "InvalidCiphertextException":
		return fmt.Errorf("the wrapped data key does not fit the key%s; the entry's enc or context was changed by hand", r.contextKeys())
	case "InvalidKeyUsageException":
		return errors.New("the key is not one for encryption and decryption (ENCRYPT_DECRYPT, symmetric)")
	case "ExpiredToken", "ExpiredTokenException":
		return errors.New("the AWS credentials have expired; get new ones (\"aws sso login\")")
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
		"IncompleteSignature", "MissingAuthenticationTokenException":
		return fmt.Errorf("%s of %s does not accept the AWS credentials (%s); \"aws sts get-caller-identity\" shows whether they work", r.service(), r.region, code)
	case "RegionDisabledException", "OptInRequired":
		return fmt.Errorf("the account has not enabled the region %s", r.region)
	}
	if !codePattern().MatchString(code) {
		code = "an unknown error"
	}
	if awserror.Unavailable(err) {
		return unavailable("%s of %s answered %s to %s, which is a failure of the service; try again", r.service(), r.region, code, r.action)
	}
	return fmt.Errorf("%s of %s answered %s to %s", r.service(), r.region, code, r.action)
}

// lazily compiles a pattern at its first use: at the start of a function it would
// cost a twentieth of the time until it is ready.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

var (
	codePattern      = lazily(`^[A-Za-z0-9.]{1,80}$`)
	principalPattern = lazily(`^User: (arn:aws[a-z-]*:(?:iam|sts)::[0-9]+:[A-Za-z0-9+=,.@_/-]+) is not authorized`)
	policyPattern    = lazily(`(no [a-z-]+(?: [a-z]+)? policy allows (?:it|the [a-z]+:[A-Za-z]+ action)|explicit deny in an? [a-z-]+(?: [a-z]+)? policy)`)
)

// denied says who may not do what, and names the statement that would change it.
func (r request) denied(message string) error {
	who := "the caller"
	if m := principalPattern().FindStringSubmatch(message); m != nil {
		who = m[1]
	}
	why, lacks := "", "; the statement that is missing: "+keypolicy.Missing(r.key, r.action).String()
	if m := policyPattern().FindString(message); m != "" {
		why = " (" + m + ")"
		if strings.HasPrefix(m, "explicit deny") {
			lacks = "" // no statement helps against it
		}
	}
	if r.action == "sts:AssumeRole" {
		return &wordedError{fmt.Sprintf("%v: %s may not sts:AssumeRole %s%s; the role must exist, its trust policy must name the caller, and the caller's own policy must allow it%s", ErrAccessDenied, who, r.key.Role, why, lacks),
			[]error{ErrAccessDenied, errRoleDenied}}
	}
	return fmt.Errorf("%w: %s may not kms:Decrypt with %s%s%s%s", ErrAccessDenied, who, r.key.ID, r.contextKeys(), why, lacks)
}

// contextKeys names the keys of the encryption context; their values stay out.
func (r request) contextKeys() string {
	if len(r.key.Context) == 0 {
		return " without an encryption context"
	}
	var quoted []string
	for _, k := range slices.Sorted(maps.Keys(r.key.Context)) {
		quoted = append(quoted, filetext.Quote(k))
	}
	return " and the encryption context keys " + strings.Join(quoted, ", ")
}
