package awserror_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
)

func TestMeaning(t *testing.T) {
	coded := func(code string) error {
		return fmt.Errorf("operation error: %w", &smithy.GenericAPIError{Code: code, Message: "said"})
	}
	withStatus := func(status int, err error) error {
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
	}
	for _, tt := range []struct {
		name                           string
		err                            error
		denied, throttled, unavailable bool
	}{
		{"KMS denies", coded("AccessDeniedException"), true, false, false},
		{"S3 denies", coded("AccessDenied"), true, false, false},
		{"throttling", coded("ThrottlingException"), false, true, false},
		{"throttling of S3", coded("SlowDown"), false, true, false},
		{"throttling of STS", coded("Throttling"), false, true, false},
		{"a quota of Secrets Manager", coded("LimitExceededException"), false, false, false},
		{"KMS fails", coded("KMSInternalException"), false, false, true},
		{"status 503", withStatus(503, coded("Odd")), false, false, true},
		{"status 400", withStatus(400, coded("Odd")), false, false, false},
		{"no answer", errors.New("connection cut"), false, false, true},
		{"a key that is not there", coded("NotFoundException"), false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := [...]bool{awserror.Denied(tt.err), awserror.Throttled(tt.err), awserror.Unavailable(tt.err)}
			if want := [...]bool{tt.denied, tt.throttled, tt.unavailable}; got != want {
				t.Errorf("denied, throttled, unavailable: got %v, want %v", got, want)
			}
		})
	}
	if got := awserror.Code(coded("X")) + awserror.Message(coded("X")); got != "Xsaid" {
		t.Errorf("got %q", got)
	}
	if cut := errors.New("connection cut"); awserror.Code(cut) != "" || awserror.Message(cut) != "" || awserror.Answered(cut) {
		t.Error("an error without an answer has a code or a message")
	}
}
