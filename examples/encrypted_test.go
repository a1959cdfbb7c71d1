package examples_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/sopstest"
)

// Directory makes an assembly one of those that sopstest looks into.
func (a *assembly) Directory() *string { return &a.dir }

// The examples with a file that is decrypted: as a user has them, without the context that
// decrypts nothing. No value is in what they synthesize.
func TestDecryptedExamples(t *testing.T) {
	credentials := map[string]any{
		"my_api_key": "an-api-key-of-a-test",
		"smtp":       map[string]any{"user": "mailer@test.example", "password": "correct-horse-battery"},
		"database":   map[string]any{"username": "orders-test-user", "password": "staple-of-a-test"},
	}
	built, err := functionbuild.Build(functionbuild.ARM64) // there is no go.mod where the examples run
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	sopstest.File{Values: credentials}.Write(t, filepath.Join(root, "credentials.sops.json"))
	for _, name := range []string{"ecs", "lambda", "parameters", "pipeline"} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(name, "cdk.json"))
			if err != nil {
				t.Fatal(err)
			}
			var settings struct{ Context map[string]any }
			if err := json.Unmarshal(content, &settings); err != nil {
				t.Fatal(err)
			}
			context := maps.Clone(settings.Context)
			delete(context, "sops:decrypt")
			context["sops:function-zip"] = built.Zip
			folder := filepath.Join(root, name)
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			a := &assembly{name: name, dir: t.TempDir()}
			a.run(t, folder, context)
			sopstest.MustNotLeak(t, a)
		})
	}
}
