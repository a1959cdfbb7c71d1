package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/getsops/sops/v3"
	sopsaes "github.com/getsops/sops/v3/aes"
	"github.com/getsops/sops/v3/age"
	"github.com/getsops/sops/v3/cmd/sops/common"
	"github.com/getsops/sops/v3/cmd/sops/formats"
	"github.com/getsops/sops/v3/config"
	"github.com/getsops/sops/v3/decrypt"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// encrypted makes a file of so many values, as the sops command would: services
// with ten settings each, where the format has nesting.
func encrypted(format sopsfile.Format, values int) ([]byte, error) {
	var branch sops.TreeBranch
	for i := 0; i < values; i += 10 {
		var service sops.TreeBranch
		for j := i; j < min(i+10, values); j++ {
			var v any = fmt.Sprintf("value-%05d-%s", j, strings.Repeat("x", j%40))
			if format != sopsfile.Dotenv {
				switch j % 10 {
				case 7:
					v = j * 1000
				case 8:
					v = float64(j) + 0.5
				case 9:
					v = j%20 == 9
				}
			}
			service = append(service, sops.TreeItem{Key: fmt.Sprintf("setting_%d", j), Value: v})
		}
		if format == sopsfile.Dotenv {
			branch = append(branch, service...)
		} else {
			branch = append(branch, sops.TreeItem{Key: fmt.Sprintf("service_%d", i/10), Value: service})
		}
	}
	key, err := age.MasterKeyFromRecipient(recipient)
	if err != nil {
		return nil, err
	}
	tree := sops.Tree{
		Branches: sops.TreeBranches{branch},
		Metadata: sops.Metadata{
			KeyGroups: []sops.KeyGroup{{key}}, UnencryptedSuffix: "_unencrypted", Version: "3.13.3",
		},
	}
	dataKey, errs := tree.GenerateDataKey()
	if len(errs) > 0 {
		return nil, errs[0]
	}
	c := sopsaes.NewCipher()
	mac, err := tree.Encrypt(dataKey, c)
	if err != nil {
		return nil, err
	}
	tree.Metadata.LastModified = time.Now().UTC()
	if tree.Metadata.MessageAuthenticationCode, err = c.Encrypt(mac, dataKey, tree.Metadata.LastModified.Format(time.RFC3339)); err != nil {
		return nil, err
	}
	store := common.StoreForFormat(formats.FormatFromString(string(format)), config.NewStoresConfig())
	return store.EmitEncryptedFile(tree)
}

// floor is AES-GCM alone, on values of the lengths that decrypt-json has.
func floor(values int) (measurement, error) {
	data, err := encrypted(sopsfile.JSON, values)
	if err != nil {
		return measurement{}, err
	}
	key, nonce := make([]byte, 32), make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return measurement{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return measurement{}, err
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(nonce))
	if err != nil {
		return measurement{}, err
	}
	sealed := make([][]byte, values)
	for i := range sealed {
		sealed[i] = gcm.Seal(nil, nonce, make([]byte, 12+i%40), []byte("service_00:setting_000:"))
	}
	buf := make([]byte, 0, 100)
	return measurement{
		ours: func() ([]byte, error) {
			for _, s := range sealed {
				if _, err := gcm.Open(buf[:0], nonce, s, []byte("service_00:setting_000:")); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
		peer: func() ([]byte, error) { return decrypt.Data(data, "json") },
	}, nil
}
