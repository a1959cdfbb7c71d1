package stacks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/stacks"
)

// The file of a stage may name the stage's two keys, by alias, and its role, of one
// account, and nothing else.
func TestAllowedKeys(t *testing.T) {
	const other = "444455556666"
	eu, us := keyOf("dev", stacks.RegionEU, account), keyOf("dev", stacks.RegionUS, account)
	with := func(key sopstest.KMS, change func(*sopstest.KMS)) sopstest.KMS {
		change(&key)
		return key
	}
	stacks.MoreKeys["more"] = []string{eu.ARN, eu.Role, "age1recipient"}
	t.Cleanup(func() { delete(stacks.MoreKeys, "more") })
	for _, tt := range []struct {
		name  string
		props stacks.Props
		keys  []sopstest.KMS
		want  string // "" where the file may be used
	}{
		{"its keys", stacks.Props{}, []sopstest.KMS{eu, us}, ""},
		{"one of them", stacks.Props{}, []sopstest.KMS{us}, ""},
		{"its keys in the account", stacks.Props{Account: account}, []sopstest.KMS{eu, us}, ""},
		{"its keys in another account", stacks.Props{Account: other}, []sopstest.KMS{eu, us}, `the kms key "` + eu.ARN + `", which is not among`},
		{"a key in a second account", stacks.Props{}, []sopstest.KMS{eu, keyOf("dev", stacks.RegionUS, other)}, "another key or role in account " + account},
		{"a role in a second account", stacks.Props{}, []sopstest.KMS{with(eu, func(k *sopstest.KMS) { k.Role = strings.Replace(k.Role, account, other, 1) })}, "another key or role in account " + account},
		{"another stage's keys", stacks.Props{Stage: "prod"}, []sopstest.KMS{eu, us}, `the kms key "` + eu.ARN + `", which is not among`},
		{"another stage's key beside its own", stacks.Props{}, []sopstest.KMS{eu, keyOf("prod", stacks.RegionEU, account)}, `/sops-prod-key-eu", which is not among`},
		{"the key of the other region", stacks.Props{}, []sopstest.KMS{with(eu, func(k *sopstest.KMS) { k.ARN = strings.Replace(k.ARN, "eu-west-1", "eu-west-2", 1) })}, "which is not among"},
		{"the key by its id", stacks.Props{}, []sopstest.KMS{with(eu, func(k *sopstest.KMS) { k.ARN = k.Target })}, "which is not among"},
		{"another role", stacks.Props{}, []sopstest.KMS{with(eu, func(k *sopstest.KMS) { k.Role += "2" })}, `the role "` + eu.Role + `2", which is not among`},
		{"a context", stacks.Props{}, []sopstest.KMS{with(eu, func(k *sopstest.KMS) { k.Context = map[string]string{"app": "web"} })}, "which is not among"},
		{"more keys", stacks.Props{Stage: "more"}, []sopstest.KMS{eu, keyOf("more", stacks.RegionUS, account)}, ""},
		{"the more keys of another stage", stacks.Props{Stage: "less"}, []sopstest.KMS{eu}, "which is not among"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := "sops/mymanagedsecrets.sops.json"
			if tt.props.Stage != "" {
				path = "sops/" + string(tt.props.Stage) + "/mymanagedsecrets.sops.json"
			}
			inFolderWith(t, path, encrypt(t, sopstest.File{JSON: `{"my_api_key": "demo", "my_first_secret": "demo"}`, KMS: tt.keys}))
			defer func() {
				got := recover()
				if tt.want == "" && got != nil || tt.want != "" && !strings.Contains(fmt.Sprint(got), tt.want) {
					t.Errorf("got %v, want %q", got, tt.want)
				}
			}()
			stacks.New(newApp(t.TempDir(), map[string]any{"sops:decrypt": "skip"}), &tt.props)
		})
	}
}

// The roles that the stage's file names are allowed by name, so synth warns of nothing.
func TestNoWarning(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(devAssembly(t), "*.json"))
	if err != nil || len(files) < 5 {
		t.Fatalf("got files %q (%v)", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "aws:cdk:warning") {
			t.Errorf("%s has a warning", filepath.Base(file))
		}
	}
}
