package masterkey

import (
	"cmp"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
)

// ForFunction returns the ring of the deploy-time function: KMS with the credentials
// of cfg, and the age identities of all places together. It does not look at the
// machine it runs on. A cfg without a Region is fine: each key is asked in its own.
//
// Roles are assumed with session policies that allow no more than to decrypt with the
// keys of [Options.File], once for each role.
//
// The replica of a multi-Region key ("mrk-…") in o.Region is asked before the key that the
// file names, so that a region can be lost.
//
// The places are read at the first age entry that is tried, which is after the KMS
// entries of its group: see [Ring.Order]. What they hold lives as long as the ring,
// so the function makes a ring for each event.
//
// cfg is best made from the function's environment by hand. In a linux/arm64
// function with KMS, STS and Secrets Manager, stripped, config.LoadDefaultConfig
// was seen to add 1.4 MB to 8.1 MB (0.4 MB to 3.1 MB zipped), and to make the start
// 6 ms later on two cores.
func ForFunction(cfg aws.Config, o Options, places ...IdentityPlace) *Ring {
	cfg = prepare(cfg)
	timeout := cmp.Or(max(o.Timeout, 0), functionTimeout)
	var policies *keypolicy.SessionPolicies
	if o.File != nil {
		policies = keypolicy.ForSessions(o.File, o.Region)
	}
	return &Ring{
		region:  o.Region,
		ageLast: true,
		age:     newDeployed(places).unwrap,
		kms: &keyService{
			timeout:  timeout,
			own:      o.Region,
			file:     o.File,
			policies: policies,
			load: func(profile string) (aws.Config, error) {
				if profile != "" { // a function has none
					return aws.Config{}, errNoProfile
				}
				return cfg, nil
			},
			noCredentials: func(string, error) error {
				return errors.New("the function has no credentials")
			},
		},
	}
}
