package masterkey_test

import (
	"slices"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// The order of types is what SOPS_DECRYPTION_ORDER says, as for sops.
func TestDecryptionOrder(t *testing.T) {
	us := sopsfile.MasterKey{Type: sopsfile.KMS, ID: "arn:aws:kms:us-east-1:111122223333:key/x"}
	eu := sopsfile.MasterKey{Type: sopsfile.KMS, ID: "arn:aws:kms:eu-west-1:111122223333:key/x"}
	age := sopsfile.MasterKey{Type: sopsfile.Age, ID: "age1x"}
	for order, want := range map[string][]sopsfile.MasterKey{
		"":             {age, eu, us},
		"kms":          {eu, us, age},
		"kms,age":      {eu, us, age},
		"pgp,kms,age":  {eu, us, age},
		"age,kms":      {age, eu, us},
		"azure_kv,xyz": {age, eu, us},
	} {
		t.Setenv("SOPS_DECRYPTION_ORDER", order)
		ring, err := masterkey.FromEnvironment(t.Context(), masterkey.Options{Region: "eu-west-1"})
		if err != nil {
			t.Fatal(err)
		}
		if got := names(ring.Order([]sopsfile.MasterKey{us, age, eu})); !slices.Equal(got, names(want)) {
			t.Errorf("%s: order = %q, want %q", order, got, names(want))
		}
	}
	t.Setenv("SOPS_DECRYPTION_ORDER", "kms,age,kms")
	if _, err := masterkey.FromEnvironment(t.Context(), masterkey.Options{}); err == nil || err.Error() != `SOPS_DECRYPTION_ORDER names "kms" twice; name each type of key once, such as kms,age` {
		t.Errorf("got %v", err)
	}
}

func TestOrder(t *testing.T) {
	kms := func(region string) sopsfile.MasterKey {
		return sopsfile.MasterKey{Type: sopsfile.KMS, ID: "arn:aws:kms:" + region + ":111122223333:key/x"}
	}
	age := sopsfile.MasterKey{Type: sopsfile.Age, ID: "age1x"}
	pgp := sopsfile.MasterKey{Type: sopsfile.PGP, ID: "FINGERPRINT"}
	bad := sopsfile.MasterKey{Type: sopsfile.KMS, ID: "not an ARN"}
	usEast, euWest, euCentral, gov := kms("us-east-1"), kms("eu-west-1"), kms("eu-central-1"), kms("us-gov-west-1")

	for _, tc := range []struct {
		region   string
		in, want []sopsfile.MasterKey
	}{
		{"eu-west-1", []sopsfile.MasterKey{usEast, euWest, age}, []sopsfile.MasterKey{age, euWest, usEast}},
		{"eu-west-1", []sopsfile.MasterKey{pgp, bad, usEast, euCentral, euWest}, []sopsfile.MasterKey{euWest, euCentral, usEast, pgp, bad}},
		{"eu-north-1", []sopsfile.MasterKey{usEast, euCentral, euWest}, []sopsfile.MasterKey{euCentral, euWest, usEast}},
		{"us-gov-east-1", []sopsfile.MasterKey{usEast, gov}, []sopsfile.MasterKey{gov, usEast}},
		{"us-west-2", []sopsfile.MasterKey{gov, euWest, usEast}, []sopsfile.MasterKey{usEast, gov, euWest}},
		{"", []sopsfile.MasterKey{usEast, euWest, age}, []sopsfile.MasterKey{age, usEast, euWest}},
		{"${Token[AWS.Region.3]}", []sopsfile.MasterKey{usEast, euWest}, []sopsfile.MasterKey{usEast, euWest}},
	} {
		ring, err := masterkey.FromEnvironment(t.Context(), masterkey.Options{Region: tc.region})
		if err != nil {
			t.Fatal(err)
		}
		before := slices.Clone(tc.in)
		if got := names(ring.Order(tc.in)); !slices.Equal(got, names(tc.want)) {
			t.Errorf("in %q: order = %q, want %q", tc.region, got, names(tc.want))
		}
		if !slices.Equal(names(tc.in), names(before)) {
			t.Errorf("in %q: Order changed its argument", tc.region)
		}
	}
}

func names(keys []sopsfile.MasterKey) []string {
	var out []string
	for _, k := range keys {
		out = append(out, k.ID)
	}
	return out
}
