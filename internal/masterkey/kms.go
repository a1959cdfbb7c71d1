package masterkey

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	// own is the region whose replicas of multi-Region keys are asked first; "" asks none.
	own string
	// file is the one file that is opened, or nil; policies limit the sessions of roles to
	// its keys.
	file     *sopsfile.Metadata
	policies *keypolicy.SessionPolicies
	// load returns the configuration of an AWS profile, or, for "", the default one. It is
	// called once for each. Its error is for the user; errNoProfile, or one that wraps it,
	// says that there is no such profile.
	load func(profile string) (aws.Config, error)
	// noCredentials says for the user why a profile has none.
	noCredentials func(profile string, err error) error

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
		// With credentials that were there a moment ago.
		key, err = s.either(ctx, from.cfg, k, arn, wrapped)
	}
	if err != nil && note != "" {
		err = fmt.Errorf("%w; %s", err, note)
	}
	return key, err
}

// either asks the replica of a multi-Region key in the ring's own region first, where it
// looks for one, so that the loss of the key's region costs nothing. A replica that is not
// there or may not be used is no failure: the key itself is asked then. Half of the
// entry's time is the replica's, which is near; the key has what is left.
func (s *keyService) either(ctx context.Context, cfg aws.Config, k sopsfile.MasterKey, arn keypolicy.KeyARN, wrapped []byte) ([]byte, error) {
	near, ok := s.replica(k, arn)
	if !ok {
		return s.ask(ctx, cfg, k, arn.Region, s.timeout, wrapped)
	}
	begin := time.Now()
	key, nearErr := s.ask(ctx, cfg, near, s.own, s.timeout/2, wrapped)
	if nearErr == nil || ctx.Err() != nil || errors.Is(nearErr, errRoleDenied) {
		return key, nearErr
	}
	key, err := s.ask(ctx, cfg, k, arn.Region, s.timeout-time.Since(begin), wrapped)
	if err != nil && !errors.Is(nearErr, errNoKey) { // what may pass for the replica alone is not tried again
		err = fmt.Errorf("%w; its replica in %s did not help either: %v", err, s.own, nearErr)
	}
	return key, err
}

// replica returns an entry for the key's replica in the ring's own region, unless the
// entry's group has that one itself, which is then tried on its own.
func (s *keyService) replica(k sopsfile.MasterKey, arn keypolicy.KeyARN) (near sopsfile.MasterKey, ok bool) {
	near = k
	if near.ID, ok = arn.Replica(s.own); !ok || s.file == nil {
		return near, ok
	}
	for _, group := range s.file.Groups {
		has := func(id, wrapped string) bool {
			return slices.ContainsFunc(group, func(other sopsfile.MasterKey) bool {
				return other.ID == id && other.Role == k.Role && maps.Equal(other.Context, k.Context) && (wrapped == "" || other.EncryptedDataKey == wrapped)
			})
		}
		if has(k.ID, k.EncryptedDataKey) && has(near.ID, "") {
			return near, false
		}
	}
	return near, true
}

// ask has KMS decrypt in a region, in the role of the entry if it has one.
func (s *keyService) ask(ctx context.Context, cfg aws.Config, k sopsfile.MasterKey, region string, within time.Duration, wrapped []byte) ([]byte, error) {
	cfg = cfg.Copy()
	cfg.Region = region
	call := request{key: k, region: region, within: within, action: "kms:Decrypt", parent: ctx}
	ctx, cancel := context.WithTimeout(ctx, within)
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
