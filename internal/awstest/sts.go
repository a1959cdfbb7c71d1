package awstest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

// CallerAccessKeyID is the access key id of a caller that assumed no role: the
// example of AWS's documentation. The server lets it do everything that is not
// limited to a role.
const CallerAccessKeyID = "AKIAIOSFODNN7EXAMPLE"

const (
	callerSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	callerARN    = "arn:aws:iam::" + DefaultAccount + ":user/caller"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	requestID    = "00000000-0000-4000-8000-000000000000"
)

// session is what AssumeRole handed out.
type session struct {
	role, name, token string
	policy            *iameval.Document // nil for none
}

// DenyRole answers every AssumeRole of role (its ARN) with AccessDenied, as for
// a role that does not trust the caller or is not there.
func (s *Server) DenyRole(role string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deniedRoles[role] = &Error{
		Code: "AccessDenied", Status: http.StatusForbidden,
		Message: "User: " + callerARN + " is not authorized to perform: sts:AssumeRole on resource: " + role,
	}
}

// AllowRole takes back [Server.DenyRole].
func (s *Server) AllowRole(role string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.deniedRoles, role)
}

func (s *Server) session(accessKeyID string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.sessions[accessKeyID]
	return v, ok
}

// principal is the caller's ARN as IAM prints it.
func (r *Request) principal() string {
	if r.Role == "" {
		return callerARN
	}
	return assumedRole(r.Role, "session")
}

// assumedRole is the ARN of a session of role.
func assumedRole(role, name string) string {
	p := strings.SplitN(role, ":", 6)
	if len(p) != 6 {
		return role
	}
	return "arn:" + p[1] + ":sts::" + p[4] + ":assumed-" + p[5] + "/" + name
}

// sts answers STS, whose requests are forms and whose answers are XML:
// AssumeRole and GetCallerIdentity.
func (s *Server) sts(w http.ResponseWriter, r *http.Request) {
	req, err := s.request(r)
	if err != nil {
		writeXMLError(w, err)
		return
	}
	form, err := url.ParseQuery(string(req.Body))
	if err != nil {
		writeXMLError(w, &Error{Code: "MalformedQueryString"})
		return
	}
	req.Action = form.Get("Action")
	s.Record(Call{
		Service: "sts", Action: req.Action, Region: req.Region, Role: req.Role,
		Resource: form.Get("RoleArn"), Session: form.Get("RoleSessionName"), Policy: form.Get("Policy"),
	})
	if !s.await(r.Context(), req.Region) {
		panic(http.ErrAbortHandler)
	}
	switch req.Action {
	case "AssumeRole":
		s.assumeRole(w, form.Get("RoleArn"), form.Get("RoleSessionName"), form.Get("Policy"))
	case "GetCallerIdentity":
		var out struct {
			XMLName xml.Name `xml:"GetCallerIdentityResponse"`
			NS      string   `xml:"xmlns,attr"`
			Account string   `xml:"GetCallerIdentityResult>Account"`
			ARN     string   `xml:"GetCallerIdentityResult>Arn"`
			UserID  string   `xml:"GetCallerIdentityResult>UserId"`
		}
		out.NS, out.Account, out.ARN, out.UserID = stsNamespace, req.Account, req.principal(), req.AccessKeyID
		writeXML(w, http.StatusOK, out)
	default:
		writeXMLError(w, &Error{Code: "InvalidAction", Message: "awstest: STS does not know " + req.Action})
	}
}

// maxSessionPolicy is STS's limit, in characters.
const maxSessionPolicy = 2048

// assumeRole hands out credentials whose access key id carries the role, so that
// a later request shows which role it was made with.
func (s *Server) assumeRole(w http.ResponseWriter, role, name, policy string) {
	if !validSession(name) || !rolePattern.MatchString(role) {
		writeXMLError(w, &Error{Code: "ValidationError", Message: "awstest: the role or the session name is not valid"})
		return
	}
	document, err := sessionPolicy(policy)
	if err != nil {
		writeXMLError(w, err)
		return
	}
	s.mu.Lock()
	denied := s.deniedRoles[role]
	s.mu.Unlock()
	if denied != nil {
		writeXMLError(w, denied)
		return
	}
	s.mu.Lock()
	// The characters of an ARN that a credential scope cannot hold are replaced.
	id := fmt.Sprintf("ASIA%s.%d", strings.NewReplacer(":", ".", "/", "_").Replace(role), len(s.sessions))
	token := "awstest session of " + role
	s.sessions[id] = session{role: role, name: name, token: token, policy: document}
	s.mu.Unlock()

	var out struct {
		XMLName      xml.Name `xml:"AssumeRoleResponse"`
		NS           string   `xml:"xmlns,attr"`
		AccessKeyID  string   `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
		Secret       string   `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
		SessionToken string   `xml:"AssumeRoleResult>Credentials>SessionToken"`
		Expiration   string   `xml:"AssumeRoleResult>Credentials>Expiration"`
		UserARN      string   `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
		UserID       string   `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	}
	out.NS, out.AccessKeyID, out.Secret, out.SessionToken = stsNamespace, id, callerSecret, token
	out.Expiration = time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	out.UserARN, out.UserID = assumedRole(role, name), "AROAEXAMPLE:"+name
	writeXML(w, http.StatusOK, out)
}

// sessionPolicy reads a session policy; nil for "".
func sessionPolicy(text string) (*iameval.Document, error) {
	if text == "" {
		return nil, nil
	}
	if utf8.RuneCountInString(text) > maxSessionPolicy {
		return nil, &Error{Code: "ValidationError", Message: fmt.Sprintf("Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to %d", maxSessionPolicy)}
	}
	var decoded any
	err := json.Unmarshal([]byte(text), &decoded)
	if err == nil {
		var document *iameval.Document
		if document, err = iameval.ParseIdentity(decoded); err == nil {
			return document, nil
		}
	}
	return nil, &Error{Code: "MalformedPolicyDocument", Message: "awstest: " + err.Error()}
}

var rolePattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$`)

// validSession is STS's own rule: 2 to 64 characters of [\w+=,.@-].
func validSession(name string) bool {
	if len(name) < 2 || len(name) > 64 {
		return false
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_+=,.@-", c) {
			return false
		}
	}
	return true
}

func writeXML(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(v)
}

func writeXMLError(w http.ResponseWriter, err error) {
	e := asError(err)
	var out struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		NS        string   `xml:"xmlns,attr"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}
	out.NS, out.Type, out.Code, out.Message, out.RequestID = stsNamespace, "Sender", e.Code, e.Message, requestID
	writeXML(w, e.status(), out)
}
