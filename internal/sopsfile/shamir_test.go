package sopsfile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// groupRing answers for the groups of groups.json by number, and else with an error.
type groupRing struct {
	keys    ageKeys
	file    *sopsfile.File
	answers map[int]func(ctx context.Context, share []byte) ([]byte, error)
}

func (r groupRing) Unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	for i, group := range r.file.Metadata().Groups {
		for _, other := range group {
			if other.EncryptedDataKey == k.EncryptedDataKey {
				share, err := r.keys.Unwrap(ctx, k)
				if err != nil {
					return nil, err
				}
				if f := r.answers[i]; f != nil {
					return f(ctx, share)
				}
				return share, nil
			}
		}
	}
	return nil, errors.New("no such key")
}

func refuseShare(context.Context, []byte) ([]byte, error) { return nil, errors.New("access denied") }

func wrongShare(_ context.Context, share []byte) ([]byte, error) {
	share = slices.Clone(share)
	share[3] ^= 0xff
	return share, nil
}

func hang(ctx context.Context, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestGroups(t *testing.T) {
	type answers = map[int]func(context.Context, []byte) ([]byte, error)
	for _, tt := range []struct {
		name    string
		file    string
		answers answers
		fails   string
	}{
		{"all open", "groups.json", nil, ""},
		{"all open in dotenv", "groups.env", nil, ""},
		{"all of three", "groups-all.json", nil, ""},
		{"two of three", "groups.json", answers{1: refuseShare}, ""},
		{"one hangs", "groups.json", answers{0: hang}, ""},
		{"one is wrong", "groups.json", answers{0: wrongShare}, ""},
		{"one is no share", "groups.json", answers{2: func(context.Context, []byte) ([]byte, error) { return make([]byte, 33), nil }}, ""},
		{"two are missing", "groups.json", answers{0: refuseShare, 2: refuseShare}, "too few key groups open: the file needs 2 of 3" +
			"\n  group 1: age R1: access denied\n  group 2: age R2: opened\n  group 3: age R3: access denied"},
		{"two are wrong", "groups.json", answers{0: wrongShare, 2: wrongShare}, "too few key groups open: the file needs 2 of 3" +
			"\n  group 1: age R1: its share does not fit the others\n  group 2: age R2: its share does not fit the others\n  group 3: age R3: its share does not fit the others"},
		{"all are needed", "groups-all.json", answers{1: refuseShare}, "too few key groups open: the file needs 3 of 3" +
			"\n  group 1: age R1: opened\n  group 2: age R2: access denied\n  group 3: age R3: opened"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, keys := parse(t, tt.file), testKeys(t)
			want := tt.fails
			for i, group := range f.Metadata().Groups {
				want = strings.ReplaceAll(want, "R"+string(rune('1'+i)), group[0].ID)
			}
			synctest.Test(t, func(t *testing.T) {
				_, err := f.Decrypt(t.Context(), groupRing{keys, f, tt.answers})
				synctest.Wait()
				if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			})
		})
	}
}

// A wrong share of one entry is outlived by the next entry of its group.
func TestGroupGoesOnAfterAWrongShare(t *testing.T) {
	data := edit(t, "groups.json", func(meta map[string]any) {
		groups := meta["key_groups"].([]any)
		meta["key_groups"] = groups[:2] // both are needed now
		first := groups[0].(map[string]any)
		first["kms"] = kmsEntries("wrong", "right")
	})
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	groups := f.Metadata().Groups
	age := func(k sopsfile.MasterKey) []byte {
		b, err := testKeys(t).Unwrap(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first, second := age(groups[0][2]), age(groups[1][0])
	bad := slices.Clone(first)
	bad[0] ^= 1
	ring := &fakeRing{start: time.Now(), answer: map[string]func(context.Context) ([]byte, error){
		groups[0][2].ID: after(0, bad, nil), "wrong": after(0, slices.Clone(bad), nil), "right": after(0, first, nil), groups[1][0].ID: after(0, second, nil),
	}}
	if _, err := f.Decrypt(t.Context(), ring); err != nil {
		t.Error(err)
	}
}

// sops takes a file whose threshold is missing, and combines what it has.
func TestGroupsWithoutThreshold(t *testing.T) {
	data := edit(t, "groups-all.json", func(meta map[string]any) { delete(meta, "shamir_threshold") })
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Decrypt(t.Context(), testKeys(t)); err != nil {
		t.Error(err)
	}
}
