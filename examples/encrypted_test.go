package examples_test

import (
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// The examples with a file that is decrypted: as a user has them, without the context that
// decrypts nothing. No value is in what they synthesize. (Package sopstest, which does this for
// users, would have the tests linked with the CDK once more.)
func TestDecryptedExamples(t *testing.T) {
	values := []string{"an-api-key-of-a-test", "mailer@test.example", "correct-horse-battery", "orders-test-user", "staple-of-a-test"}
	built, err := functionbuild.Build(functionbuild.ARM64) // there is no go.mod where the examples run
	if err != nil {
		t.Fatal(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	content, err := sopstest.File{
		JSON: `{"my_api_key": "` + values[0] + `", "smtp": {"user": "` + values[1] + `", "password": "` + values[2] + `"},
			"database": {"username": "` + values[3] + `", "password": "` + values[4] + `"}}`,
		KMS: []sopstest.KMS{{ARN: "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001"}},
		Age: []string{identity.Recipient().String()},
	}.Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOPS_AGE_KEY", identity.String())
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "credentials.sops.json"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	var decrypted []*assembly
	for _, name := range []string{"ecs", "lambda", "parameters", "pipeline"} {
		context, err := appContext(name)
		if err != nil {
			t.Fatal(err)
		}
		delete(context, "sops:decrypt")
		context["sops:function-zip"] = built.Zip
		folder := filepath.Join(root, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		decrypted = append(decrypted, &assembly{name: name, dir: t.TempDir(), folder: folder, context: context})
	}
	if err := run(decrypted); err != nil {
		t.Fatal(err)
	}
	var secrets []leakscan.Secret
	for _, value := range values {
		secrets = append(secrets, leakscan.Secret{File: "the test", Key: "a value", Text: plaintext.New([]byte(value))})
	}
	for _, a := range decrypted {
		t.Run(a.name, func(t *testing.T) {
			if a.failed != "" {
				t.Fatal(a.failed)
			}
			result, err := leakscan.Scan(leakscan.Options{Root: a.dir, Secrets: secrets, Shown: func() [][]byte { return [][]byte{content} }})
			if err != nil || result.Searched != len(values) || len(result.Unsearched) > 0 {
				t.Fatalf("%v, %d values were searched, not in %v", err, result.Searched, result.Unsearched)
			}
			for _, find := range result.Finds {
				t.Errorf("%s holds %s at %s", find.Path, find.Keys, find.Locations)
			}
		})
	}
}
