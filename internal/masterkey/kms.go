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
	// load returns the configuration of an AWS profile, or, for "", the default one. It is
	// called once for each. Its error is for the user; errNoProfile, or one that wraps it,
	// says that there is no such profile.
	load func(profile string) (aws.Config, error)
	// noCredentials says for the user why a profile has none.
	noCredentials func(profile string, err error) error

	// policies limit the sessions of roles to the keys of one file; nil for no limit.
	policies *keypolicy.SessionPolicies

	mu       sync.Mutex
	accounts map[string]*account     // by profile
	sessions map[caller]*roleSession // by profile, role and policy
	clients  map[caller]*kms.Client
}

// unwrap asks KMS to decrypt, as the file says: the key by the ARN as it stands,
// in that ARN's region, with the context, in the role.
func (s *keyService) unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
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
	from, note := s.account(k.AWSProfile)
	var key []byte
	if err = s.ready(ctx, from); err == nil {
		cfg := from.cfg.Copy() // with credentials that were there a moment ago
		cfg.Region = arn.Region
		key, err = s.ask(ctx, cfg, k, wrapped)
	}
	if err != nil && note != "" {
		err = fmt.Errorf("%w; %s", err, note)
	}
	return key, err
}

// ask has KMS decrypt in cfg's region, in the role of the entry if it has one.
func (s *keyService) ask(ctx context.Context, cfg aws.Config, k sopsfile.MasterKey, wrapped []byte) ([]byte, error) {
	call := request{key: k, region: cfg.Region, within: s.timeout, action: "kms:Decrypt", parent: ctx}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	policy := ""
	if k.Role != "" {
		if s.policies != nil {
			var err error
			if policy, err = s.policies.For(k); err != nil {
				return nil, err
			}
		}
		cfg.Credentials = s.assumed(cfg, k, policy)
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			call.action = "sts:AssumeRole"
			return nil, call.reason(err)
		}
	}
	out, err := s.client(cfg, k, policy).Decrypt(ctx, &kms.DecryptInput{
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

// client returns the client for an entry's profile and role (or none), with the role's
// session policy, in cfg's region. All such entries share it, and with it what its retries have learned of KMS's limits.
func (s *keyService) client(cfg aws.Config, k sopsfile.MasterKey, policy string) *kms.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := caller{k.AWSProfile, k.Role, policy, cfg.Region}
	client := s.clients[key]
	if client == nil {
		client = kms.NewFromConfig(cfg)
		if s.clients == nil {
			s.clients = map[caller]*kms.Client{}
		}
		s.clients[key] = client
	}
	return client
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
