package difftest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/aes"
	"github.com/getsops/sops/v3/age"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// TestLibraryCorpus widens the corpus with files that the official library
// encrypts in this process, which takes no command each.
func TestLibraryCorpus(t *testing.T) {
	const perFormat = 2000
	counts, compared, refused := map[string]int{}, 0, 0
	for i, f := range formatNames {
		for seed := range perFormat {
			m := maker{rand.New(rand.NewPCG(uint64(seed), uint64(90_000+i))), "v3.13.3", seed%2 == 1}
			text := map[sopsfile.Format]func() string{
				sopsfile.JSON: m.json, sopsfile.YAML: m.yaml, sopsfile.Dotenv: m.dotenv, sopsfile.INI: m.ini, sopsfile.Binary: m.binary,
			}[f.format]()
			data, key, err := encryptHere(f.format, text, seed)
			if err != nil {
				refused++
				continue
			}
			compared++
			s := sample{"library-" + string(f.format), f.format, "v3.13.3", data}
			counts[compareWith(t, s, key)]++
		}
	}
	t.Logf("%d files compared (%d more not encryptable)", compared, refused)
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("  %5d %s", counts[what], what)
	}
	summary = append(summary, fmt.Sprintf("%d files compared, made by the official library: %d refused by both, %d refused as documented, %d wrong",
		compared, counts["refused by both"], counts["refused as documented"], counts["wrong"]))
}

// encryptHere encrypts with the library under the seed-th rule.
func encryptHere(format sopsfile.Format, text string, seed int) ([]byte, []byte, error) {
	store := plainStore(format)
	branches, err := store.LoadPlainFile([]byte(text))
	if err != nil {
		return nil, nil, err
	}
	recipient, err := age.MasterKeyFromRecipient(identities[0].recipient)
	if err != nil {
		return nil, nil, err
	}
	meta := sops.Metadata{KeyGroups: []sops.KeyGroup{{recipient}}, Version: "3.13.3", LastModified: time.Now().UTC(), MACOnlyEncrypted: seed%5 == 0}
	switch seed % 6 {
	case 0:
		meta.UnencryptedSuffix = "_unencrypted"
	case 1:
		meta.EncryptedSuffix = "_enc"
	case 2:
		meta.UnencryptedRegex = "^(public|url|k[0-9])"
	case 3:
		meta.EncryptedRegex = "(pass|key|^a|enc|one|data)"
	case 4:
		meta.UnencryptedCommentRegex = "sops:dec"
	case 5:
		meta.EncryptedCommentRegex = "sops:enc"
	}
	tree := sops.Tree{Branches: branches, Metadata: meta}
	key, errs := tree.GenerateDataKey()
	if len(errs) > 0 {
		return nil, nil, errs[0]
	}
	c := aes.NewCipher()
	mac, err := tree.Encrypt(key, c)
	if err != nil {
		return nil, nil, err
	}
	tree.Metadata.MessageAuthenticationCode, err = c.Encrypt(mac, key, tree.Metadata.LastModified.Format(time.RFC3339))
	if err != nil {
		return nil, nil, err
	}
	data, err := store.EmitEncryptedFile(tree)
	return data, key, err
}
