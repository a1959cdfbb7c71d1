package masterkey_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// The sample, which the real sops command encrypted, through the whole reader.
const sampleText = `{"my_first_secret":"my_first_token","my_second_secret":"my_second_token","my_api_key":"my_api_token"}`

// sampleKeys are the keys that the sample's aliases named when it was made.
var sampleKeys = map[string]string{
	"arn:aws:kms:eu-west-1:111122223333:alias/sops-dev-key-eu": "arn:aws:kms:eu-west-1:111122223333:key/4c1f0e7a-52d9-4b36-8e0f-9a6d2b7c31e5",
	"arn:aws:kms:us-east-1:111122223333:alias/sops-dev-key-us": "arn:aws:kms:us-east-1:111122223333:key/b83a6d20-7f14-4e9c-a5d1-06e2c94f7b38",
}

// sample parses the sample and returns a loopback AWS that has its keys, for its role alone.
func sample(t *testing.T) (*sopsfile.File, *world) {
	t.Helper()
	content, err := os.ReadFile("../../sops/mymanagedsecrets.sops.json")
	if err != nil {
		t.Fatal(err)
	}
	file, err := sopsfile.Parse(content, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	s, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for alias, key := range sampleKeys {
		s.AddAlias(alias, s.AddKey(key).LimitTo(role))
	}
	return file, &world{Server: s}
}

func checkSample(t *testing.T, file *sopsfile.File, ring *masterkey.Ring) {
	t.Helper()
	tree, err := file.Decrypt(t.Context(), ring)
	if err != nil {
		t.Fatal(err)
	}
	text, err := render.Render(tree, render.Flat)
	if err != nil {
		t.Fatal(err)
	}
	if string(text.Reveal()) != sampleText {
		t.Error("the sample holds other values than the article's")
	}
}

// The published identity opens the sample without a call to AWS.
func TestSampleByIdentity(t *testing.T) {
	file, w := sample(t)
	w.environment(t)
	content, err := os.ReadFile("../../sops/demonstration.agekey")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(content))
	if err != nil {
		t.Fatal("the published identity cannot be read")
	}
	checkSample(t, file, fromEnvironment(t, masterkey.Options{Identities: ids}))
	if n := len(w.Calls()); n != 0 {
		t.Errorf("%d calls to AWS, want none", n)
	}
}

func TestSampleByKMS(t *testing.T) {
	file, w := sample(t)
	w.environment(t)
	for region, want := range map[string]string{"eu-west-1": "eu-west-1", "us-east-1": "us-east-1", "ca-central-1": "eu-west-1"} {
		for name, ring := range map[string]*masterkey.Ring{
			"function":    masterkey.ForFunction(w.config(), masterkey.Options{Region: region}),
			"environment": fromEnvironment(t, masterkey.Options{Region: region}),
		} {
			w.ResetCalls()
			checkSample(t, file, ring)
			for _, c := range w.Calls() {
				if c.Region != want {
					t.Errorf("%s in %s: %s went to %s, want %s", name, region, c.Action, c.Region, want)
				}
			}
		}
	}
}

// One region that does not answer, or is gone, costs about a second: the other
// one opens the file.
func TestSampleWithOneRegionDown(t *testing.T) {
	for name, fault := range map[string]func(*world){
		"hangs": func(w *world) { w.Hang("eu-west-1") },
		"down":  func(w *world) { w.Down("eu-west-1") },
	} {
		t.Run(name, func(t *testing.T) {
			file, w := sample(t)
			fault(w)
			begin := time.Now()
			checkSample(t, file, masterkey.ForFunction(w.config(), masterkey.Options{Region: "eu-west-1"}))
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("it took %v, want about 1 s", took)
			}
		})
	}
}

// With every key out of reach the text names each with its reason.
func TestSampleWithoutKeys(t *testing.T) {
	file, w := sample(t)
	w.environment(t)
	w.DenyRole(role)
	_, err := file.Decrypt(t.Context(), fromEnvironment(t, masterkey.Options{Region: "eu-west-1"}))
	keys, ok := errors.AsType[*sopsfile.KeyError](err)
	if !ok {
		t.Fatalf("error = %v, want a KeyError", err)
	}
	if len(keys.Attempts) != 3 {
		t.Errorf("%d attempts, want 3", len(keys.Attempts))
	}
	for _, want := range []string{"no age identity was found", "may not sts:AssumeRole " + role} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
}
