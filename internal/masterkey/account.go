package masterkey

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// errNoProfile says that an AWS profile does not exist.
var errNoProfile = errors.New("no such AWS profile")

// account is with which configuration and credentials KMS is called: those of one AWS
// profile, or the default ones.
type account struct {
	profile string
	once    sync.Once
	cfg     aws.Config
	err     error

	mu     sync.Mutex
	failed error // why there are no credentials, once that is known
}

// account returns that of an entry's aws_profile: as for sops, it counts before the
// credentials in the environment. Where there is no such profile, as in CI, it is the
// default one, and note says so, for the message of a failure.
func (s *keyService) account(profile string) (a *account, note string) {
	a = s.loaded(profile)
	if profile != "" && errors.Is(a.err, errNoProfile) {
		return s.loaded(""), fmt.Sprintf("its aws_profile %s does not exist here, so it was asked for with the default credentials", filetext.Quote(profile))
	}
	return a, ""
}

func (s *keyService) loaded(profile string) *account {
	s.mu.Lock()
	a := s.accounts[profile]
	if a == nil {
		a = &account{profile: profile}
		if s.accounts == nil {
			s.accounts = map[string]*account{}
		}
		s.accounts[profile] = a
	}
	s.mu.Unlock()
	a.once.Do(func() { a.cfg, a.err = s.load(profile) })
	return a
}

// ready returns when there are credentials: the chain is asked before the clock of an
// entry starts, and, where it has none, not again for every other entry.
func (s *keyService) ready(ctx context.Context, a *account) error {
	if a.err != nil {
		return a.err
	}
	a.mu.Lock()
	failed := a.failed
	a.mu.Unlock()
	if failed != nil {
		return failed
	}
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if a.cfg.Credentials == nil {
		return s.noCredentials(a.profile, nil)
	}
	if _, err := a.cfg.Credentials.Retrieve(ctx); err != nil {
		if parent.Err() != nil {
			return fmt.Errorf("not waited for: %w", parent.Err())
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.failed = s.noCredentials(a.profile, err)
		return a.failed
	}
	return nil
}
