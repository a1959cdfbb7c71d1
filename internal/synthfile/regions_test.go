package synthfile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// For each region the order is another one, but there is one ring, so that a person is
// asked once.
func TestOneDecryptionPerRegion(t *testing.T) {
	t.Parallel()
	fake := kmsOf(0)
	var regions []string
	var mu sync.Mutex
	fake.near = func(region string) sopsfile.Orderer {
		mu.Lock()
		defer mu.Unlock()
		regions = append(regions, region)
		return fake
	}
	made := 0
	files := synthfile.NewWithRing(func(masterkey.Options) (synthfile.Ring, error) {
		made++
		return fake, nil
	})
	file := open(t, files, manyFiles(t, 1)[0])
	in := map[string]*synthfile.Decryption{}
	for _, region := range []string{"eu-west-1", "us-east-1", "", "eu-west-1", "us-east-1", ""} {
		d := file.Decrypt(region)
		if known := in[region]; known != nil && known != d {
			t.Errorf("%q: decrypted twice", region)
		}
		in[region] = d
		if _, err := d.Tree(); err != nil || !d.Done() {
			t.Errorf("%q: got %v, done %v", region, err, d.Done())
		}
	}
	slices.Sort(regions)
	if len(in) != 3 || !slices.Equal(regions, []string{"", "eu-west-1", "us-east-1"}) || fake.calls.Load() != 1 || made != 1 {
		t.Errorf("got %d decryptions, orders for %q, %d calls of %d rings", len(in), regions, fake.calls.Load(), made)
	}
}

func TestNearestRegionFirst(t *testing.T) {
	server := inAWS(t)
	path := place(t, "x.json", encrypt(t, sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyEU}, {ARN: keyUS}}}))
	for region, want := range map[string]string{"eu-west-1": "eu-west-1", "us-east-1": "us-east-1", "us-west-2": "us-east-1", "": "eu-west-1"} {
		server.ResetCalls()
		if _, err := open(t, synthfile.New(), path).Whole().Decrypt(region).Content(render.Output{}); err != nil {
			t.Fatal(err)
		}
		if calls := server.Calls(); len(calls) != 1 || calls[0].Region != want {
			t.Errorf("%q: got %v, want one call in %s", region, calls, want)
		}
	}
}

// A command that prints an identity, which may ask a person, runs once for the stacks of all
// regions, and for all files of its recipient.
func TestACommandForIdentitiesRunsOnce(t *testing.T) {
	sopstest.Isolate(t)
	folder := t.TempDir()
	runs, script := filepath.Join(folder, "runs"), filepath.Join(folder, "print")
	text := "#!/bin/sh\necho x >> '" + runs + "'\necho " + identity.String() + "\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOPS_AGE_KEY_CMD", script)
	files := synthfile.New()
	for range 2 {
		file := open(t, files, place(t, "x.json", encrypt(t, sopstest.File{JSON: values, Age: []string{identity.Recipient().String()}})))
		for _, region := range []string{"eu-west-1", "us-east-1", ""} {
			if _, err := file.Decrypt(region).Tree(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if ran, err := os.ReadFile(runs); string(ran) != "x\n" {
		t.Errorf("it ran %d times (%v)", strings.Count(string(ran), "x"), err)
	}
}
