package syncfunction

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ParameterStore is what the function calls of SSM: the one action that its role
// needs on a parameter of age identities.
type ParameterStore interface {
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

// maxParameter is more than SSM's answer can have, in bytes: a value has 8 KB.
const maxParameter = 64 << 10

// GetParameter implements ParameterStore.
func (s *parameterStore) GetParameter(ctx context.Context, name string) (Parameter, error) {
	in, err := json.Marshal(map[string]any{"Name": name, "WithDecryption": true})
	if err != nil {
		return Parameter{}, err
	}
	body, err := s.caller.do(ctx, request{
		service: "ssm",
		method:  http.MethodPost,
		path:    "/",
		header:  map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"},
		body:    in,
		most:    maxParameter,
		failure: jsonFailure,
	})
	defer clear(body)
	if err != nil {
		return Parameter{}, err
	}
	var out struct{ Parameter struct{ Type, Value string } }
	if json.Unmarshal(body, &out) != nil {
		return Parameter{}, errors.New("the answer is not JSON") // its error might quote the answer
	}
	return Parameter{out.Parameter.Type, []byte(out.Parameter.Value)}, nil
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
