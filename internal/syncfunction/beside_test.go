package syncfunction_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// The file cannot be decrypted while the secret is being looked at: the look ends, and
// the answer is about the file.
func TestLookEndsWithTheFile(t *testing.T) {
	ended := make(chan error, 1)
	a := invoke(t, 10*time.Second, func(context.Context) ([]byte, error) { return nil, errors.New("no key") }, stub{
		describe: func(ctx context.Context) (*secretsmanager.DescribeSecretOutput, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		},
	}, "", nil)
	if a.Status != "FAILED" || !strings.Contains(a.Reason, "x.sops.json") || a.took > 2*time.Second {
		t.Errorf("got %s after %v: %s", a.Status, a.took, a.Reason)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the look ended with %v", err)
		}
	default:
		t.Error("the look goes on after the answer")
	}
}

// Looking at the secret adds nothing to the time that decrypting takes.
func TestLookIsBesideTheDecryption(t *testing.T) {
	const each = time.Second
	a := invoke(t, 10*time.Second, func(ctx context.Context) ([]byte, error) {
		time.Sleep(each)
		return open(ctx)
	}, stub{describe: func(context.Context) (*secretsmanager.DescribeSecretOutput, error) {
		time.Sleep(each)
		return nil, errors.New("described")
	}}, "", nil)
	if a.Status != "FAILED" || !strings.Contains(a.Reason, "DescribeSecret") {
		t.Errorf("got %s: %s", a.Status, a.Reason)
	}
	if a.took < each || a.took > each*3/2 {
		t.Errorf("took %v, want about %v", a.took, each)
	}
}
