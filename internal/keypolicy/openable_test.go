package keypolicy_test

import (
	"slices"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

var (
	kms = sopsfile.MasterKey{Type: sopsfile.KMS, ID: keyARN}
	age = sopsfile.MasterKey{Type: sopsfile.Age, ID: "age1recipient"}
	pgp = sopsfile.MasterKey{Type: sopsfile.PGP, ID: "FINGERPRINT"}
)

func recipient(id string) sopsfile.MasterKey { return sopsfile.MasterKey{Type: sopsfile.Age, ID: id} }

func TestOpenable(t *testing.T) {
	for _, tt := range []struct {
		name          string
		groups        []sopsfile.KeyGroup
		threshold     int
		hasIdentities bool
		can, needs    int
	}{
		{"one group", []sopsfile.KeyGroup{{kms, pgp}}, 0, false, 1, 1},
		{"nothing to use", []sopsfile.KeyGroup{{pgp}}, 0, true, 0, 1},
		{"age without identities", []sopsfile.KeyGroup{{age}}, 0, false, 0, 1},
		{"age with identities", []sopsfile.KeyGroup{{age}}, 0, true, 1, 1},
		{"age plugins", []sopsfile.KeyGroup{{recipient("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"), recipient("age1tag1q")}}, 0, true, 0, 1},
		{"age's own kinds", []sopsfile.KeyGroup{{recipient("age1pq1q")}, {recipient("ssh-ed25519 AAAA1B")}, {recipient("age1tag1q")}}, 2, true, 2, 2},
		{"two of three", []sopsfile.KeyGroup{{kms}, {kms}, {pgp}}, 2, false, 2, 2},
		{"one of three, and two are needed", []sopsfile.KeyGroup{{kms}, {age}, {pgp}}, 2, false, 1, 2},
		{"age makes it two", []sopsfile.KeyGroup{{kms}, {age}, {pgp}}, 2, true, 2, 2},
		{"three are needed", []sopsfile.KeyGroup{{kms}, {kms}, {age}}, 3, false, 2, 3},
		{"the file does not say", []sopsfile.KeyGroup{{kms}, {pgp}}, 0, false, 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &sopsfile.Metadata{Groups: tt.groups, ShamirThreshold: tt.threshold}
			can, needs := keypolicy.Openable(m, tt.hasIdentities)
			if can != tt.can || needs != tt.needs {
				t.Errorf("got %d of %d, want %d of %d", can, needs, tt.can, tt.needs)
			}
		})
	}
}

func TestUsableKeepsTheFile(t *testing.T) {
	m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{pgp, kms}, {pgp}}, ShamirThreshold: 2}
	usable := keypolicy.Usable(m, false)
	if len(usable.Groups) != 2 || len(usable.Groups[0]) != 1 || usable.Groups[0][0].ID != keyARN || len(usable.Groups[1]) != 0 {
		t.Errorf("got %v", usable.Groups)
	}
	if usable.Threshold() != 2 || len(m.Groups[0]) != 2 || m.Groups[0][0].ID != pgp.ID {
		t.Errorf("the file itself changed, or its threshold was lost: %v", m.Groups)
	}
}

func TestNames(t *testing.T) {
	inRole := kms
	inRole.Role = roleARN
	m := &sopsfile.Metadata{Groups: []sopsfile.KeyGroup{{inRole, age}, {pgp}}}
	if got, want := keypolicy.Names(m), []string{keyARN, roleARN, age.ID, pgp.ID}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
