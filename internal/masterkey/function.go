package masterkey

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// ForFunction gives the ring of the deploy-time function: KMS with the credentials
// of cfg, and no age identity. It does not look at the machine it runs on.
// A cfg without a Region is fine: each key is asked in its own.
//
// cfg is best made from the function's environment by hand. In a linux/arm64
// function with KMS, STS and Secrets Manager, stripped, config.LoadDefaultConfig
// was seen to add 1.4 MB to 8.1 MB (0.4 MB to 3.1 MB zipped), and to make the start
// 6 ms later on two cores.
func ForFunction(cfg aws.Config, o Options) *Ring {
	cfg = prepare(cfg)
	timeout := cmp.Or(max(o.Timeout, 0), functionTimeout)
	return &Ring{
		region:  o.Region,
		timeout: timeout,
		age: func(context.Context, sopsfile.MasterKey) ([]byte, error) {
			return nil, errors.New("age identities at deploy come with a later release; add a KMS key to the file: sops rotate --in-place --add-kms KEY_ARN FILE")
		},
		kms: &keyService{
			timeout: timeout,
			load:    func() (aws.Config, error) { return cfg, nil },
			noCredentials: func(error) error {
				return errors.New("the function has no credentials")
			},
		},
	}
}
