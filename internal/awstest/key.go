package awstest

import (
	"strings"
	"sync"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

// Key is a KMS key of the server. Add one with [Server.AddKey]. Its methods
// return the key itself, so that they can follow one another.
type Key struct {
	arn string

	mu      sync.Mutex
	role    string
	failure *Error
}

// AddKey adds the symmetric key with this ARN
// ("arn:aws:kms:eu-west-1:111122223333:key/…"), usable by every caller. Adding
// it again replaces it.
func (s *Server) AddKey(arn string) *Key {
	k := &Key{arn: arn}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[arn] = k
	return k
}

// AddAlias lets alias, an ARN ("arn:aws:kms:eu-west-1:111122223333:alias/…"),
// stand for k. An alias that is there already then points to k.
func (s *Server) AddAlias(alias string, k *Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aliases[alias] = k.arn
}

// ARN is the key's ARN.
func (k *Key) ARN() string { return k.arn }

// LimitTo refuses every caller that has not assumed role (its ARN).
func (k *Key) LimitTo(role string) *Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.role = role
	return k
}

// Fail answers every request on the key with the exception code, in the words of
// the service: "AccessDeniedException", "DisabledException",
// "KMSInvalidStateException", "NotFoundException", "ThrottlingException", or any
// other. "" restores the key.
func (k *Key) Fail(code string) *Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failure = nil
	if code != "" {
		k.failure = &Error{Code: code, Message: failureMessage(code, k.arn)}
	}
	return k
}

func (k *Key) id() string { return k.arn[strings.LastIndex(k.arn, "/")+1:] }

func failureMessage(code, arn string) string {
	switch code {
	case "AccessDeniedException":
		return "User: " + callerARN + " is not authorized to perform: kms:Decrypt on resource: " + arn +
			" because no identity-based policy allows the kms:Decrypt action"
	case "DisabledException":
		return arn + " is disabled."
	case "KMSInvalidStateException":
		return arn + " is pending deletion."
	case "NotFoundException":
		return "Key '" + arn + "' does not exist"
	case "ThrottlingException":
		return "Rate exceeded"
	}
	return "awstest: injected " + code
}

// key is the usable key that id names: a key ARN, an alias ARN, a bare key id or
// "alias/NAME", the last two in the caller's account and the request's region. context is
// the request's encryption context.
func (s *Server) key(r *Request, id string, context map[string]string) (*Key, error) {
	arn := id
	if !strings.HasPrefix(arn, "arn:") {
		if !strings.HasPrefix(arn, "alias/") {
			arn = "key/" + arn
		}
		arn = "arn:aws:kms:" + r.Region + ":" + r.Account + ":" + arn
	}
	if regionOf(arn) != r.Region {
		return nil, &Error{Code: "NotFoundException", Message: "Invalid arn " + regionOf(arn)}
	}
	conditions := iameval.Context{}
	s.mu.Lock()
	if to, ok := s.aliases[arn]; ok {
		conditions["kms:RequestAlias"] = []string{resourceOf(arn)}
		arn = to
	}
	for alias, to := range s.aliases {
		if to == arn {
			conditions["kms:ResourceAliases"] = append(conditions["kms:ResourceAliases"], resourceOf(alias))
		}
	}
	k := s.keys[arn]
	s.mu.Unlock()
	if k == nil {
		return nil, &Error{Code: "NotFoundException", Message: failureMessage("NotFoundException", arn)}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure != nil {
		return nil, k.failure
	}
	if k.role != "" && k.role != r.Role {
		return nil, &Error{
			Code: "AccessDeniedException",
			Message: "User: " + r.principal() + " is not authorized to perform: kms:" + r.Action +
				" on resource: " + arn + " because no resource-based policy allows the kms:" + r.Action + " action",
		}
	}
	return k, r.permits(arn, context, conditions)
}

// permits returns an error unless the session policy of the caller, if there is one,
// allows the request on a key.
func (r *Request) permits(key string, context map[string]string, conditions iameval.Context) error {
	if r.policy == nil {
		return nil
	}
	for name, value := range context {
		conditions["kms:EncryptionContext:"+name] = []string{value}
		conditions["kms:EncryptionContextKeys"] = append(conditions["kms:EncryptionContextKeys"], name)
	}
	allowed, err := iameval.Allowed([]*iameval.Document{r.policy}, iameval.Request{Action: "kms:" + r.Action, Resource: key, Context: conditions})
	if err != nil {
		return &Error{Code: "InternalFailure", Message: "awstest: " + err.Error()}
	}
	if !allowed {
		return &Error{
			Code: "AccessDeniedException",
			Message: "User: " + r.principal() + " is not authorized to perform: kms:" + r.Action + " on resource: " + key +
				" because no session policy allows the kms:" + r.Action + " action",
		}
	}
	return nil
}

// resourceOf is the last part of an ARN: "key/…", "alias/…".
func resourceOf(arn string) string { return strings.SplitN(arn, ":", 6)[5] }
