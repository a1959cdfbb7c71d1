package syncfunction_test

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// sample was made with sops 3.13.3 and the loopback KMS of package awstest, whose
// keys protect nothing:
//
//	sops encrypt --kms arn:aws:kms:eu-west-1:111122223333:key/99999999-9999-4999-8999-999999999999
//
//go:embed testdata/sample.sops.json
var sample string

// dataKey is sample's.
var dataKey []byte

// open returns the data key of sample.
func open(context.Context) ([]byte, error) { return append([]byte(nil), dataKey...), nil }

func TestMain(m *testing.M) {
	if err := unwrap(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func unwrap() error {
	s, err := awstest.Start()
	if err != nil {
		return err
	}
	defer s.Close()
	f, err := sopsfile.Parse([]byte(sample), sopsfile.JSON)
	if err != nil {
		return err
	}
	key := f.Metadata().Groups[0][0]
	s.AddKey(key.ID)
	ring := masterkey.ForFunction(aws.Config{
		BaseEndpoint: aws.String(s.URL()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: awstest.CallerAccessKeyID, SecretAccessKey: "x"}, nil
		}),
	}, masterkey.Options{})
	dataKey, err = ring.Unwrap(context.Background(), key)
	return err
}
