package masterkey

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Retries help against throttling and a broken connection, and stay far inside
// the timeout of an entry, so that a region that is down is given up soon.
const (
	maxAttempts = 3
	maxBackoff  = 250 * time.Millisecond
)

// credentialsTimeout bounds the answer of the credential chain, which may run a command
// that asks a person for a touch or a code: as long as a person takes.
const credentialsTimeout = 2 * time.Minute

// keyService unwraps with KMS.
type keyService struct {
	timeout time.Duration
	// load returns the configuration, the same one each time. Its error is for the user.
	load func() (aws.Config, error)
	// noCredentials says for the user why there are none.
	noCredentials func(error) error

	mu      sync.Mutex
	failed  error // why there are no credentials, once that is known
	roles   map[roleInRegion]aws.CredentialsProvider
	clients map[roleInRegion]*kms.Client
}

// unwrap asks KMS to decrypt, as the file says: the key by the ARN as it stands,
// in that ARN's region, with the context, in the role.
func (s *keyService) unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	if k.AWSProfile != "" {
		return nil, fmt.Errorf("it names the profile %s (aws_profile), which exists on some machines and never in the function; set aws_profile to \"\" in the file and AWS_PROFILE in the environment", filetext.Quote(k.AWSProfile))
	}
	arn, err := keypolicy.ParseKeyARN(k.ID)
	if err != nil {
		return nil, err
	}
	if k.Role != "" {
		if err := keypolicy.CheckRoleARN(k.Role); err != nil {
			return nil, err
		}
	}
	wrapped, err := base64.StdEncoding.DecodeString(k.EncryptedDataKey)
	if err != nil || len(wrapped) == 0 {
		return nil, errors.New("its wrapped data key is not base64; the file was damaged")
	}
	cfg, err := s.config(ctx, arn.Region)
	if err != nil {
		return nil, err
	}

	call := request{key: k, region: arn.Region, within: s.timeout, action: "kms:Decrypt", parent: ctx}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if k.Role != "" {
		cfg.Credentials = s.assumed(cfg, k.Role)
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			call.action = "sts:AssumeRole"
			return nil, call.reason(err)
		}
	}
	out, err := s.client(cfg, k.Role).Decrypt(ctx, &kms.DecryptInput{
		KeyId:             &k.ID,
		CiphertextBlob:    wrapped,
		EncryptionContext: k.Context,
	})
	if err != nil {
		return nil, call.reason(err)
	}
	if len(out.Plaintext) == 0 {
		return nil, errors.New("KMS gave an empty data key")
	}
	return out.Plaintext, nil
}

// client returns the client for a role (or none) in cfg's region. All entries share
// it, and with it what its retries have learned of KMS's limits.
func (s *keyService) client(cfg aws.Config, role string) *kms.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := roleInRegion{role, cfg.Region}
	client := s.clients[key]
	if client == nil {
		client = kms.NewFromConfig(cfg)
		if s.clients == nil {
			s.clients = map[roleInRegion]*kms.Client{}
		}
		s.clients[key] = client
	}
	return client
}

// ready returns when there are credentials: the chain is asked before the clock of an
// entry starts, and, where it has none, not again for every other entry.
func (s *keyService) ready(ctx context.Context) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	s.mu.Lock()
	failed := s.failed
	s.mu.Unlock()
	if failed != nil {
		return failed
	}
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if cfg.Credentials == nil {
		return s.noCredentials(nil)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		if parent.Err() != nil {
			return fmt.Errorf("not waited for: %w", parent.Err())
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failed = s.noCredentials(err)
		return s.failed
	}
	return nil
}

// config returns the configuration for region, with credentials that were there a
// moment ago.
func (s *keyService) config(ctx context.Context, region string) (aws.Config, error) {
	if err := s.ready(ctx); err != nil {
		return aws.Config{}, err
	}
	cfg, err := s.load()
	if err != nil {
		return aws.Config{}, err
	}
	cfg = cfg.Copy()
	cfg.Region = region
	return cfg, nil
}

// prepare makes cfg what the ring's calls need: one pool of connections, bounded
// retries, and credentials that are fetched once.
func prepare(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = awshttp.NewBuildableClient()
	}
	if _, ok := cfg.Credentials.(*aws.CredentialsCache); !ok && cfg.Credentials != nil {
		cfg.Credentials = aws.NewCredentialsCache(cfg.Credentials)
	}
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = maxAttempts
			o.MaxBackoff = maxBackoff
		})
	}
	return cfg
}
