package masterkey

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// caller is the key of the ring's credentials and clients. The region is part of it so
// that no entry waits for the STS of a region that is down.
type caller struct {
	profile, role, region string
}

// assumed returns the credentials of an entry's role from the STS of cfg's region. They
// are fetched at the first use and kept until a minute before they expire.
func (s *keyService) assumed(cfg aws.Config, k sopsfile.MasterKey) aws.CredentialsProvider {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := caller{k.AWSProfile, k.Role, cfg.Region}
	if p, ok := s.roles[key]; ok {
		return p
	}
	client := sts.NewFromConfig(cfg)
	p := aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		// The cache shields the call from the cancellation of whoever asked first, for
		// the sake of the others; so it is bounded here. It ends a little before whoever
		// asked: a later call must not join one that is about to fail.
		ctx, cancel := context.WithTimeout(ctx, s.timeout*9/10)
		defer cancel()
		out, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn:         &k.Role,
			RoleSessionName: aws.String(sessionName(os.Hostname())),
		})
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
	}), func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = time.Minute })
	if s.roles == nil {
		s.roles = map[caller]aws.CredentialsProvider{}
	}
	s.roles[key] = p
	return p
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
