package awstest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Call is one request that reached a service. Refused requests are among them,
// and so are those that were made to hang or to fail.
type Call struct {
	// Service and Action name the operation: "kms", "Decrypt".
	Service, Action string
	// Region is the one that the request was signed for.
	Region string
	// Role is the ARN of the role whose credentials signed the request, or "".
	Role string
	// Resource is what was asked for, as the request spelled it: a key id, the
	// ARN of the role to assume, a secret id, a parameter's name, or the names of several
	// with spaces between them.
	Resource string
	// Context is the encryption context of a KMS request.
	Context map[string]string
	// Session is the session name of an AssumeRole, and Policy its session policy.
	Session, Policy string
}

// Record adds c to [Server.Calls]: for a handler that was added by
// [Server.HandlePath].
func (s *Server) Record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

// Calls is every recorded call so far, in the order of arrival.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// ResetCalls forgets the calls so far.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// recordTarget records a request of a JSON service, before anything happens to
// it. A body that is no JSON leaves Resource and Context empty.
func (s *Server) recordTarget(r *Request) {
	var in struct {
		KeyID             string `json:"KeyId"`
		SecretID          string `json:"SecretId"`
		Name              string
		Names             []string
		ResourceID        string `json:"ResourceId"`
		EncryptionContext map[string]string
	}
	_ = json.Unmarshal(r.Body, &in)
	if r.Service == "ssm" {
		in.KeyID = "" // that of the value to put
	}
	s.Record(Call{
		Service: r.Service, Action: r.Action, Region: r.Region, Role: r.Role,
		Resource: cmp.Or(in.KeyID, in.SecretID, in.Name, in.ResourceID, strings.Join(in.Names, " ")), Context: in.EncryptionContext,
	})
}
