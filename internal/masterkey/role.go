package masterkey

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// caller is as whom and where KMS is called: the key of the ring's clients.
type caller struct {
	profile, role, policy, region string
}

// assumed returns the credentials of an entry's role, with a session policy unless it is
// "". The STS of cfg's region is asked for them, unless another one was.
func (s *keyService) assumed(cfg aws.Config, k sopsfile.MasterKey, policy string) aws.CredentialsProvider {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := caller{profile: k.AWSProfile, role: k.Role, policy: policy}
	session := s.sessions[key]
	if session == nil {
		session = &roleSession{}
		if s.sessions == nil {
			s.sessions = map[caller]*roleSession{}
		}
		s.sessions[key] = session
	}
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		return session.in(ctx, cfg.Region, func(ctx context.Context) (aws.Credentials, error) {
			// It ends a little before whoever asked first: a later call must not join one
			// that is about to fail.
			ctx, cancel := context.WithTimeout(ctx, s.timeout*9/10)
			defer cancel()
			return assumeRole(ctx, cfg, k.Role, policy)
		})
	})
}

// assumeRole asks the STS of cfg's region for a session of a role.
func assumeRole(ctx context.Context, cfg aws.Config, role, policy string) (aws.Credentials, error) {
	in := &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String(sessionName(os.Hostname()))}
	if policy != "" {
		in.Policy = &policy
	}
	out, err := sts.NewFromConfig(cfg).AssumeRole(ctx, in)
	if err != nil {
		return aws.Credentials{}, err
	}
	c := out.Credentials
	if c == nil || c.AccessKeyId == nil || c.SecretAccessKey == nil {
		return aws.Credentials{}, errors.New("STS gave no credentials")
	}
	return aws.Credentials{
		AccessKeyID:     *c.AccessKeyId,
		SecretAccessKey: *c.SecretAccessKey,
		SessionToken:    aws.ToString(c.SessionToken),
		CanExpire:       c.Expiration != nil,
		Expires:         aws.ToTime(c.Expiration),
	}, nil
}

// maxSessionName is STS's limit of a role session name, in characters.
const maxSessionName = 64

// sessionName returns "sops@HOST", as the sops command calls its sessions, in the
// characters that STS allows ([\w+=,.@-]) and cut to its limit. A host that has no
// name leaves "sops@".
func sessionName(host string, err error) string {
	if err != nil {
		host = ""
	}
	name := "sops@" + strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune("_+=,.@-", c):
			return c
		}
		return -1
	}, host)
	return name[:min(len(name), maxSessionName)]
}
