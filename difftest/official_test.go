package difftest_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/aes"
	"github.com/getsops/sops/v3/cmd/sops/common"
	"github.com/getsops/sops/v3/cmd/sops/formats"
	"github.com/getsops/sops/v3/config"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// officially decrypts with the official library what decrypt.DataWithFormat
// decrypts, and gives the tree beside the bytes. A panic is an error, too.
// dataKey saves unwrapping it when it is known.
func officially(data []byte, format sopsfile.Format, dataKey []byte) (raw []byte, branches sops.TreeBranches, err error) {
	defer func() {
		if v := recover(); v != nil {
			raw, branches, err = nil, nil, fmt.Errorf("panic: %v", v)
		}
	}()
	store := common.StoreForFormat(formats.FormatFromString(string(format)), config.NewStoresConfig())
	tree, err := store.LoadEncryptedFile(data)
	if err != nil {
		return nil, nil, err
	}
	if dataKey == nil {
		if dataKey, err = tree.Metadata.GetDataKey(); err != nil {
			return nil, nil, err
		}
	}
	cipher := aes.NewCipher()
	mac, err := tree.Decrypt(dataKey, cipher)
	if err != nil {
		return nil, nil, err
	}
	want, err := cipher.Decrypt(tree.Metadata.MessageAuthenticationCode, dataKey, tree.Metadata.LastModified.Format(time.RFC3339))
	if err != nil {
		return nil, nil, err
	}
	if want != mac {
		return nil, nil, sops.MacMismatch
	}
	raw, err = store.EmitPlainFile(tree.Branches)
	return raw, tree.Branches, err
}

// sameTree compares our tree with the official one, value for value.
func sameTree(t *sopsfile.Tree, branches sops.TreeBranches) error {
	if t.Len() != len(branches) {
		return fmt.Errorf("%d documents instead of %d", t.Len(), len(branches))
	}
	for i, b := range branches {
		if t.FileFormat() == sopsfile.INI && len(b) > 0 && b[0].Key == "DEFAULT" && isEmptyMap(b[0].Value) {
			b = b[1:] // ours leaves the section out that the library has always
		}
		if err := sameValue(t.Document(i), b); err != nil {
			return err
		}
	}
	return nil
}

func isEmptyMap(v any) bool {
	b, ok := v.(sops.TreeBranch)
	return ok && len(b) == 0
}

var errDiffers = errors.New("a value differs")

func sameValue(n sopsfile.Node, want any) error {
	text := string(n.Text().Reveal())
	same := false
	switch want := want.(type) {
	case sops.TreeBranch:
		if n.Kind() != sopsfile.Map || n.Len() != len(want) {
			return errors.New("a map differs")
		}
		for i, item := range want {
			kid := n.At(i)
			if c, ok := item.Key.(sops.Comment); ok {
				if kid.Kind() != sopsfile.Comment || string(kid.Text().Reveal()) != c.Value || kid.Inline() != c.Inline {
					return errors.New("a comment differs")
				}
				continue
			}
			if kid.Kind() == sopsfile.Comment || kid.Key() != item.Key {
				return errors.New("a name differs")
			}
			if err := sameValue(kid, item.Value); err != nil {
				return err
			}
		}
		return nil
	case []any:
		if n.Kind() != sopsfile.List || n.Len() != len(want) {
			return errors.New("a list differs")
		}
		for i, item := range want {
			if err := sameValue(n.At(i), item); err != nil {
				return err
			}
		}
		return nil
	case sops.Comment:
		same = n.Kind() == sopsfile.Comment && text == want.Value
	case nil:
		same = n.Kind() == sopsfile.Null
	case string:
		same = n.Kind() == sopsfile.String && text == want
	case int:
		same = n.Kind() == sopsfile.Int && text == strconv.Itoa(want)
	case bool:
		same = n.Kind() == sopsfile.Bool && text == map[bool]string{true: "True", false: "False"}[want]
	case float64:
		f, err := strconv.ParseFloat(text, 64)
		same = n.Kind() == sopsfile.Float && err == nil && math.Float64bits(f) == math.Float64bits(want)
		same = same || n.Kind() == sopsfile.Float && math.IsNaN(f) && math.IsNaN(want)
	case time.Time:
		b, err := want.MarshalText()
		same = n.Kind() == sopsfile.Time && err == nil && string(b) == text
	}
	if !same {
		return errDiffers
	}
	return nil
}
