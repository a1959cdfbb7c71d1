package masterkey

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Order returns all keys, in the order to try them in: age, then KMS from the
// nearest region on, then those that the ring cannot use and only explains. In the
// function age comes after KMS: there an identity costs calls of its own, and stays
// where it is as long as KMS opens the file. Near is the ring's own region, then the
// same part of the world ("eu-", "us-gov-"), then any other. Equals keep the file's
// order. SOPS_DECRYPTION_ORDER, of the environment, says which types come first, as for
// sops.
func (r *Ring) Order(keys []sopsfile.MasterKey) []sopsfile.MasterKey {
	out := slices.Clone(keys)
	slices.SortStableFunc(out, func(a, b sopsfile.MasterKey) int {
		return cmp.Or(cmp.Compare(r.rank(a), r.rank(b)), cmp.Compare(r.distance(a), r.distance(b)))
	})
	return out
}

// rank is the position of a key's type in the given order, or behind all.
func (r *Ring) rank(k sopsfile.MasterKey) int {
	if i := slices.Index(r.order, k.Type); i >= 0 {
		return i
	}
	return len(r.order)
}

// decryptionOrder reads SOPS_DECRYPTION_ORDER as sops does: types of keys with commas
// between them. A type that is not known counts for nothing.
func decryptionOrder(text string) ([]sopsfile.KeyType, error) {
	if text == "" {
		return nil, nil
	}
	var order []sopsfile.KeyType
	for name := range strings.SplitSeq(text, ",") {
		if slices.Contains(order, sopsfile.KeyType(name)) {
			return nil, fmt.Errorf("%s names %s twice; name each type of key once, such as kms,age", envOrder, filetext.Quote(name))
		}
		order = append(order, sopsfile.KeyType(name))
	}
	return order, nil
}

func (r *Ring) distance(k sopsfile.MasterKey) int {
	const (
		local = iota
		sameRegion
		sameArea
		elsewhere
		remote
		unusable
	)
	switch k.Type {
	case sopsfile.Age:
		if r.ageLast {
			return remote
		}
		return local
	case sopsfile.KMS:
		arn, err := keypolicy.ParseKeyARN(k.ID)
		switch {
		case err != nil:
			return unusable
		case arn.Region == r.region:
			return sameRegion
		case area(arn.Region) != "" && area(arn.Region) == area(r.region):
			return sameArea
		}
		return elsewhere
	}
	return unusable
}

// area is a region's name without its last two parts: "eu" of "eu-west-1",
// "us-gov" of "us-gov-east-1"; "" of anything shorter.
func area(region string) string {
	parts := strings.Split(region, "-")
	if len(parts) < 3 {
		return ""
	}
	return strings.Join(parts[:len(parts)-2], "-")
}
