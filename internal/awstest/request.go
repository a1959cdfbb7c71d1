package awstest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

// maxBody bounds what the server reads of one request, in bytes.
const maxBody = 1 << 20

// Action answers one request of a JSON 1.1 service: a value that encoding/json
// can marshal, or an error. An [*Error] goes out as it is, any other error as an
// InternalFailure.
type Action func(*Request) (any, error)

// Request is one request to a service, as its signature describes it.
type Request struct {
	// Service, Region and AccessKeyID are from the signature's credential scope:
	// "kms", "eu-west-1", "AKIA…".
	Service, Region, AccessKeyID string
	// Account is the caller's: that of the assumed role, or [DefaultAccount].
	Account string
	// Role is the ARN of the role whose credentials signed the request, or "".
	Role string
	// policy is the session policy of Role, or nil. KMS alone looks at it.
	policy *iameval.Document
	// Action is the operation: "Decrypt".
	Action string
	// Body is the request's body.
	Body []byte
}

// Decode reads the JSON body into v.
func (r *Request) Decode(v any) error {
	if err := json.Unmarshal(r.Body, v); err != nil {
		return &Error{Code: "SerializationException", Message: "awstest: the body is not the JSON that " + r.Action + " takes"}
	}
	return nil
}

// request reads what every service needs from r.
func (s *Server) request(r *http.Request) (*Request, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, &Error{Code: "SerializationException", Message: "awstest: the body cannot be read"}
	}
	req := &Request{Body: body, Account: DefaultAccount}
	// Credential=AKID/DATE/REGION/SERVICE/aws4_request
	_, scope, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	parts := strings.Split(scope, "/")
	if !ok || len(parts) != 5 {
		return nil, &Error{Code: "MissingAuthenticationTokenException", Message: "awstest: the request is not signed"}
	}
	req.AccessKeyID, req.Region, req.Service = parts[0], parts[2], parts[3]
	if req.AccessKeyID == CallerAccessKeyID {
		return req, nil
	}
	session, ok := s.session(req.AccessKeyID)
	if !ok || r.Header.Get("X-Amz-Security-Token") != session.token {
		return nil, &Error{Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	}
	req.Role, req.Account, req.policy = session.role, accountOf(session.role), session.policy
	return req, nil
}

// accountOf is the account in an ARN.
func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// regionOf is the region in an ARN.
func regionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[3]
	}
	return ""
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
