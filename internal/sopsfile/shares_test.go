package sopsfile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// randomShares gives each group a share of nothing.
type randomShares struct{}

func (randomShares) Unwrap(_ context.Context, k sopsfile.MasterKey) ([]byte, error) {
	x, err := strconv.Atoi(k.EncryptedDataKey)
	if err != nil {
		return nil, err
	}
	share := make([]byte, 33)
	for i := range share {
		share[i] = byte(rand.IntN(256))
	}
	share[32] = byte(x)
	return share, nil
}

// A set of shares costs the square of its size, and there are many sets.
func TestHostileSharesCostLittle(t *testing.T) {
	for _, tt := range []struct{ groups, threshold int }{{100, 90}, {200, 190}, {200, 2}, {200, 0}, {20, 10}} {
		t.Run(fmt.Sprintf("%d of %d", tt.threshold, tt.groups), func(t *testing.T) {
			data := edit(t, "groups.json", func(meta map[string]any) {
				var groups []any
				for i := range tt.groups {
					groups = append(groups, map[string]any{"age": []any{map[string]any{"recipient": "age1", "enc": strconv.Itoa(i + 1)}}})
				}
				meta["key_groups"] = groups
				meta["shamir_threshold"] = tt.threshold
			})
			bounded(t, func() {
				f, err := sopsfile.Parse(bytes.Clone(data), sopsfile.JSON)
				if err != nil {
					t.Fatal(err)
				}
				_, err = f.Decrypt(t.Context(), randomShares{})
				if _, ok := errors.AsType[*sopsfile.KeyError](err); !ok {
					t.Errorf("got %v, want that no key opens it", err)
				}
			})
		})
	}
}
