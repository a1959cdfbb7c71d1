package difftest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// userHome is that of the user, who has the go command's caches there: the tests have
// another.
var userHome = os.Getenv("HOME")

// sopscdk import has the real sops encrypt what a secret holds, and the file gives the
// secret's value again.
func TestImport(t *testing.T) {
	sops, err := command("v3.13.3")
	if err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(t.TempDir(), "sopscdk")
	build := exec.Command("go", "build", "-o", tool, "./cmd/sopscdk")
	build.Dir = ".."
	build.Env = append(os.Environ(), "HOME="+userHome)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.AddKey(kmsEU)
	secrets := server.AddSecretsManager()
	folder, temp := t.TempDir(), t.TempDir()
	rules := fmt.Sprintf("creation_rules:\n  - path_regex: ^(app|keystore|sub/)\n    kms: %s\n    age: %s\n", kmsEU, identities[0].recipient)
	if err := os.Mkdir(filepath.Join(folder, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, ".sops.yaml"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, int) {
		cmd := exec.Command(tool, args...)
		cmd.Dir = folder
		cmd.Env = append(server.Environ(), "HOME="+temp, "TMPDIR="+temp, "PATH="+os.Getenv("PATH"), "SOPS_AGE_KEY="+identities[0].secret)
		out, err := cmd.CombinedOutput()
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			return string(out), e.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		return string(out), 0
	}
	const flat = `{"my_api_key":"very-secret-1","db.password":"very-secret-2 <&>\"\\\n\u001b"}`
	for i, tt := range []struct {
		file, value string
		want        string // of what import says
		code        int
		flags       []string
	}{
		{file: "app.json", value: flat, want: "OutputFlatJSON changes nothing"},
		{file: "app.yaml", value: flat, want: "OutputFlatJSON changes nothing"},
		{file: "sub/app.env", value: `{"A":"very-secret-1","B":"very-secret-2"}`, want: "OutputFlatJSON changes nothing"},
		{file: "app.nested.yaml", value: `{"db":{"ports":[5432,1],"password":"very-secret-1","tls":true,"none":null,"of":{}}}`, want: "OutputNestedJSON changes nothing"},
		{file: "app.spaces.json", value: `{"a": "very-secret-1", "n": 5}`, want: "in another form than now"},
		{file: "app.unicode.yaml", value: `{"ключ":"very-secret-1 ünï ✓ 𝄞 \u202e","a\u001bb":"very-secret-2"}`, want: "in another form than now"},
		{file: "app.large.json", value: `{"a":"` + strings.Repeat("very-secret-1", 5000) + `"}`, want: "OutputFlatJSON changes nothing"},
		{file: "keystore.sops", value: "very-secret-1 \xc3\xa9\n", want: "OutputRaw changes nothing"},
		{file: "keystore.list", value: `["very-secret-1"]`, want: "OutputRaw changes nothing"},
		{file: "other/app.json", value: flat, code: 3, want: "there is no folder other"},
		{file: "none.json", value: flat, code: 3, want: "no matching creation rules found"},
		{file: "app.flags.json", value: flat, want: "OutputFlatJSON changes nothing", flags: []string{"--age", identities[0].recipient}},
		{file: "app.float.json", value: `{"a":"very-secret-1","f":1.50,"big":12345678901234567890123}`, code: 3, want: "sops would change values of the secret"},
		{file: "app.sops.json", value: `{"sops":"very-secret-1"}`, code: 3, want: "top-level entry called 'sops'"},
		{file: "app.ini", value: `{"a":"very-secret-1"}`, code: 3, want: "sops encrypt: exit status"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			name := fmt.Sprintf("dev/app%d", i)
			secrets.AddSecret("arn:aws:secretsmanager:eu-west-1:111122223333:secret:"+name+"-AbCdEf").Put("00000000-0000-4000-8000-000000000001", tt.value)
			args := []string{"import", "--sops", sops, "--secret", name, tt.file}
			if tt.flags != nil {
				args = append(append(args, "--"), tt.flags...)
			}
			said, code := run(args...)
			if code != tt.code || !strings.Contains(said, tt.want) || strings.Contains(said, "very-secret") {
				t.Errorf("exit code %d, %q; want %d, %q", code, said, tt.code, tt.want)
			}
			_, err := os.Stat(filepath.Join(folder, tt.file))
			if there := err == nil; there != (tt.code == 0) {
				t.Errorf("the file is there: %v", there)
			}
			if tt.code == 0 {
				output := "flat"
				for word, o := range map[string]string{"Nested": "nested", "Raw": "raw", "Binary": "binary"} {
					if strings.Contains(said, "Output"+word) {
						output = o
					}
				}
				said, code := run("diff", tt.file, "--secret", name, "--output", output)
				if same := strings.Contains(tt.want, "changes nothing"); same != (code == 0) || strings.Contains(said, "names\n") {
					t.Errorf("diff: exit code %d, %s", code, said)
				}
				if said, code := run("check", "--strict", "--kms", tt.file); code != 0 && tt.flags == nil {
					t.Errorf("check: exit code %d, %s", code, said)
				}
			}
		})
	}
	// Nothing of the values is on the disk, and no file but those that were made.
	for _, root := range []string{folder, temp} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if bytes.Contains(content, []byte("very-secret")) || root == temp {
				t.Errorf("%s is left, or holds a value", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
