package awstest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

func TestFaultsOfARegion(t *testing.T) {
	s := start(t)
	s.AddKey(euKey)
	s.AddKey(usKey)
	encrypt := func(id string, limit time.Duration) (time.Duration, error) {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		begin := time.Now()
		_, err := kms.NewFromConfig(config(s, strings.Split(id, ":")[3])).Encrypt(ctx, &kms.EncryptInput{KeyId: &id, Plaintext: []byte("x")})
		return time.Since(begin), err
	}

	s.Delay("eu-west-1", 150*time.Millisecond)
	if took, err := encrypt(euKey, time.Minute); err != nil || took < 150*time.Millisecond {
		t.Errorf("a late region answered after %v: %v", took, err)
	}
	s.Hang("eu-west-1")
	if _, err := encrypt(euKey, 100*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a hanging region: %v", err)
	}
	s.Down("eu-west-1")
	if took, err := encrypt(euKey, time.Minute); err == nil || took > 10*time.Second {
		t.Errorf("a region that is down answered after %v: %v", took, err)
	}
	if _, err := encrypt(usKey, time.Minute); err != nil {
		t.Errorf("the other region: %v", err)
	}
	if n := len(s.Calls()); n != 4 {
		t.Errorf("%d calls recorded, want 4: the refused ones count", n)
	}
	s.Up("eu-west-1")
	if _, err := encrypt(euKey, time.Minute); err != nil {
		t.Errorf("the region is back: %v", err)
	}
}

// Close ends what hangs.
func TestCloseEndsHangingRequests(t *testing.T) {
	s := start(t)
	s.AddKey(euKey)
	s.Hang("eu-west-1")
	done := make(chan error, 1)
	go func() {
		_, err := kms.NewFromConfig(config(s, "eu-west-1")).Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String(euKey), Plaintext: []byte("x")})
		done <- err
	}()
	for len(s.Calls()) == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a closed server answered")
		}
	case <-time.After(10 * time.Second):
		t.Error("the request still hangs")
	}
}

// What the server makes is the same in each run and on each machine, so that
// files that were made with it keep opening.
func TestCiphertextIsReproducible(t *testing.T) {
	var blobs [2]string
	for i := range blobs {
		s := start(t)
		s.AddKey(euKey)
		out, err := kms.NewFromConfig(config(s, "eu-west-1")).Encrypt(t.Context(), &kms.EncryptInput{
			KeyId: aws.String(euKey), Plaintext: []byte("x"), EncryptionContext: map[string]string{"a": "1", "b": "2"},
		})
		if err != nil {
			t.Fatal(err)
		}
		blobs[i] = string(out.CiphertextBlob)
	}
	if blobs[0] != blobs[1] {
		t.Error("two servers gave two ciphertexts")
	}
}

// Requests that are not signed by credentials of the server are refused.
func TestUnknownCredentials(t *testing.T) {
	s := start(t)
	s.AddKey(euKey)
	cfg := config(s, "eu-west-1")
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: "any"}, nil
	})
	_, err := kms.NewFromConfig(cfg).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(euKey)})
	if got := code(err); got != "UnrecognizedClientException" {
		t.Errorf("unknown credentials: %q", got)
	}
}

// The environment is enough for another process.
func TestEnviron(t *testing.T) {
	if os.Getenv("AWSTEST_CHILD") != "" { // the other process
		callFromEnvironment(t)
		return
	}
	s := start(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestEnviron$")
	cmd.Env = append(append(os.Environ(), s.Environ()...), "AWSTEST_CHILD=1")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if calls := s.Calls(); len(calls) != 1 || calls[0].Action != "GetCallerIdentity" {
		t.Errorf("calls = %+v", calls)
	}
}

// callFromEnvironment makes a call with what the environment says.
func callFromEnvironment(t *testing.T) {
	cfg, err := awsconfig.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(who.Account); got != awstest.DefaultAccount {
		t.Errorf("account = %q, want %q", got, awstest.DefaultAccount)
	}
}
