package syncfunction

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ParameterStore is what the function calls of SSM: one action on a parameter of age
// identities, and all of them on parameters that are a target. Each error is a
// smithy.APIError where SSM refuses.
type ParameterStore interface {
	// Call sends in as the input of an action, and reads its output into out, unless
	// that is nil.
	Call(ctx context.Context, action string, in, out any) error
	// GetParameter returns the parameter with its value in clear. The error is a
	// smithy.APIError where SSM refuses.
	GetParameter(ctx context.Context, name string) (Parameter, error)
}

// Parameter is a parameter of SSM.
type Parameter struct {
	Type  string // "SecureString", "String" or "StringList"
	Value []byte // the caller's, who clears it
}

// parameterStore is the ParameterStore of an account.
type parameterStore struct{ caller *caller }

// newParameterStore returns the ParameterStore that cfg's credentials reach in its
// region.
func newParameterStore(cfg aws.Config) *parameterStore { return &parameterStore{newCaller(cfg)} }

// maxParameters is more than SSM's answer can have, in bytes: ten values of 8 KB, in
// which JSON escapes every byte.
const maxParameters = 1 << 20

// GetParameter implements ParameterStore.
func (s *parameterStore) GetParameter(ctx context.Context, name string) (Parameter, error) {
	var out struct{ Parameter struct{ Type, Value string } }
	if err := s.Call(ctx, "GetParameter", map[string]any{"Name": name, "WithDecryption": true}, &out); err != nil {
		return Parameter{}, err
	}
	return Parameter{out.Parameter.Type, []byte(out.Parameter.Value)}, nil
}

// Call implements ParameterStore.
func (s *parameterStore) Call(ctx context.Context, action string, in, out any) error {
	content, err := json.Marshal(in)
	if err != nil {
		return err
	}
	body, err := s.caller.do(ctx, request{
		service: "ssm",
		method:  http.MethodPost,
		path:    "/",
		header:  map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM." + action},
		body:    content,
		most:    maxParameters,
		failure: jsonFailure,
	})
	defer clear(body)
	if err != nil || out == nil {
		return err
	}
	if json.Unmarshal(body, out) != nil {
		return errors.New("the answer is not JSON") // its error might quote the answer
	}
	return nil
}

// jsonFailure reads an error answer of the AWS JSON 1.1 protocol: the code may
// come with a namespace before and an address behind it.
func jsonFailure(header http.Header, body []byte) (code, message string) {
	var out struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &out) // what is no JSON has no code
	if code = header.Get("X-Amzn-ErrorType"); code == "" {
		code = out.Type
	}
	code, _, _ = strings.Cut(code, ":")
	return code[strings.LastIndex(code, "#")+1:], out.Message
}
