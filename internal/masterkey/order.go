package masterkey

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Order returns all keys, in the order to try them in: age, then KMS from the
// nearest region on, then those that the ring cannot use and only explains. In the
// function age comes after KMS: there an identity costs calls of its own, and stays
// where it is as long as KMS opens the file. Near is the ring's own region, then the
// same part of the world ("eu-", "us-gov-"), then any other. Equals keep the file's
// order.
func (r *Ring) Order(keys []sopsfile.MasterKey) []sopsfile.MasterKey {
	out := slices.Clone(keys)
	slices.SortStableFunc(out, func(a, b sopsfile.MasterKey) int {
		return cmp.Compare(r.distance(a), r.distance(b))
	})
	return out
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
