package sopstest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/cxapi"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/sopstest"
)

func TestMain(m *testing.M) { sopstest.Main(m) }

var values = map[string]any{
	"password": "correct-horse-battery", "port": 123456789012, "on": true, "none": nil, "note_unencrypted": "everybody may know",
	"users": []any{map[string]any{"name": "someone@test.example"}}, "<&>": "tom & jerry <both>",
}

// recorder notes what a helper says about a test.
type recorder struct {
	testing.TB
	said   []string
	failed bool
}

func (r *recorder) Helper()           {}
func (r *recorder) Error(args ...any) { r.said, r.failed = append(r.said, fmt.Sprint(args...)), true }
func (r *recorder) Errorf(format string, args ...any) {
	r.said, r.failed = append(r.said, fmt.Sprintf(format, args...)), true
}
func (r *recorder) Fatal(args ...any) { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// record returns what f says.
func record(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return strings.Join(r.said, "\n")
}

// synth makes an app with a secret from the file, and what else extra adds.
func synth(t *testing.T, file string, extra func(awscdk.Stack, *sopsconstructs.SopsSecret)) cxapi.CloudAssembly {
	t.Helper()
	app := sopstest.NewApp(t, nil)
	stack := awscdk.NewStack(app, new("App"), nil)
	secret := sopsconstructs.NewSopsSecret(stack, "Secret", &sopsconstructs.SopsSecretProps{SopsFilePath: file})
	if extra != nil {
		extra(stack, secret)
	}
	return app.Synth(nil)
}

func TestFile(t *testing.T) {
	var path string
	before := os.Getenv("SOPS_AGE_KEY")
	t.Run("while the test runs", func(t *testing.T) {
		path = sopstest.File{Values: values}.Write(t, "conf/app.sops.json")
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, clear := range []string{"correct-horse", "123456789012\"", "someone@", "jerry"} {
			if strings.Contains(strings.ReplaceAll(string(content), sopstest.DefaultKMSKey, ""), clear) {
				t.Errorf("the file holds %q", clear)
			}
		}
		if !strings.Contains(string(content), `"everybody may know"`) {
			t.Error("a clear value is encrypted")
		}
		assembly := synth(t, path, func(_ awscdk.Stack, secret *sopsconstructs.SopsSecret) { secret.Key("users[0].name") })
		sopstest.MustNotLeak(t, assembly)
		t.Run("and in its subtest, with a file of its own", func(t *testing.T) {
			own := sopstest.File{Values: map[string]any{"other": "another-value"}}.Write(t, "own.sops.json")
			synth(t, own, func(stack awscdk.Stack, _ *sopsconstructs.SopsSecret) {
				sopsconstructs.NewSopsSecret(stack, "Parents", &sopsconstructs.SopsSecretProps{SopsFilePath: path})
			})
		})
		synth(t, path, nil)
	})
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file outlives its test: %v", err)
	}
	if os.Getenv("SOPS_AGE_KEY") != before {
		t.Error("the key outlives its test")
	}
}

func TestFileMisuse(t *testing.T) {
	there := filepath.Join(t.TempDir(), "there.sops.json")
	if err := os.WriteFile(there, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, f := range map[string]func(testing.TB){
		`the file "a.sops.yaml" is made from JSON; name it so that it ends in .json`: func(t testing.TB) { sopstest.File{Values: values}.Write(t, "a.sops.yaml") },
		"File has no Values":     func(t testing.TB) { sopstest.File{}.Write(t, "a.sops.json") },
		"the file must be new":   func(t testing.TB) { sopstest.File{Values: values}.Write(t, there) },
		"json: unsupported type": func(t testing.TB) { sopstest.File{Values: map[string]any{"f": func() {}}}.Write(t, "a.sops.json") },
	} {
		if got := record(t, f); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if content, _ := os.ReadFile(there); string(content) != "mine" {
		t.Error("a file was replaced")
	}
}

func TestMustNotLeak(t *testing.T) {
	path := sopstest.File{Values: values}.Write(t, "app.sops.json")
	assembly := synth(t, path, func(stack awscdk.Stack, _ *sopsconstructs.SopsSecret) {
		stack.TemplateOptions().SetDescription(new("everybody may know"))
	})
	sopstest.MustNotLeak(t, assembly, "another-value")

	folder := *assembly.Directory()
	if err := os.WriteFile(filepath.Join(folder, "note.txt"), []byte("the password is correct-horse-battery\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := record(t, func(r testing.TB) { sopstest.MustNotLeak(r, assembly) })
	if !strings.Contains(got, "note.txt") || !strings.Contains(got, `"password" of app.sops.json`) || strings.Contains(got, "correct-horse") {
		t.Errorf("got %q", got)
	}
	if err := os.WriteFile(filepath.Join(folder, "note.txt"), []byte("YW5vdGhlci12YWx1ZQ=="), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := record(t, func(r testing.TB) { sopstest.MustNotLeak(r, assembly, "another-value") }); !strings.Contains(got, "note.txt holds") {
		t.Errorf("got %q", got)
	}
}

// A check that looks for nothing is none.
func TestMustNotLeakOfNothing(t *testing.T) {
	assembly := sopstest.NewApp(t, nil).Synth(nil)
	for _, values := range [][]string{nil, {"short"}, {"localhost"}} {
		if got := record(t, func(r testing.TB) { sopstest.MustNotLeak(r, assembly, values...) }); !strings.Contains(got, "there is no value to look for") {
			t.Errorf("%q: got %q", values, got)
		}
	}
}

func TestCheck(t *testing.T) {
	stack := awscdk.NewStack(sopstest.NewApp(t, nil), new("Empty"), nil)
	awscdk.NewCfnResource(stack, new("R"), &awscdk.CfnResourceProps{Type: new("AWS::SNS::Topic")})
	template := assertions.Template_FromStack(stack, nil)
	got := record(t, func(r testing.TB) {
		sopstest.Check(r, func() { template.ResourceCountIs(new("AWS::SNS::Topic"), new(1.0)) })
		sopstest.Check(r, func() { template.ResourceCountIs(new("AWS::SNS::Topic"), new(2.0)) })
		sopstest.Check(r, func() {
			sopsconstructs.NewSopsSecret(stack, "Secret", &sopsconstructs.SopsSecretProps{SopsFilePath: "none.sops.json"})
		})
	})
	if !strings.Contains(got, "Expected 2 resources of type AWS::SNS::Topic but found 1") || !strings.Contains(got, "there is no file") ||
		strings.Count(got, "AWS::SNS::Topic but") != 1 || strings.Contains(got, "\n    at ") {
		t.Errorf("got %q", got)
	}
	if got := record(t, func(r testing.TB) { sopstest.Check(r, func() { r.Fatal("ended") }) }); got != "ended" {
		t.Errorf("got %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a nil pointer did not panic")
		}
	}()
	var none *awscdk.StackProps
	sopstest.Check(t, func() { _ = none.StackName })
}

func TestKMS(t *testing.T) {
	const eu, us = "arn:aws:kms:eu-west-1:111122223333:key/test-eu", "arn:aws:kms:us-east-1:111122223333:key/test-us"
	path := sopstest.File{Values: values, KMSKeys: []string{eu, us}, WithoutAge: true}.Write(t, "app.sops.json")
	kms := sopstest.StartKMS(t, eu, us)
	kms.Deny(eu)
	sopstest.MustNotLeak(t, synth(t, path, nil))
	if got := kms.Asked(); !slices.Contains(got, eu) || !slices.Contains(got, us) {
		t.Errorf("asked %q", got)
	}
	kms.Deny(us)
	got := record(t, func(r testing.TB) { sopstest.Check(r, func() { synth(t, path, nil) }) })
	if !strings.Contains(got, eu) || !strings.Contains(got, us) || !strings.Contains(got, "access denied") {
		t.Errorf("got %q", got)
	}
	kms.Allow(us)
	synth(t, path, nil)
	if got := record(t, func(r testing.TB) { sopstest.Check(r, func() { kms.Deny("arn:none") }) }); !strings.Contains(got, "name it in StartKMS") {
		t.Errorf("got %q", got)
	}
}

// A second KMS would take the requests for the keys of the first one.
func TestKMSTwice(t *testing.T) {
	sopstest.StartKMS(t)
	t.Run("in a subtest", func(t *testing.T) { sopstest.StartKMS(t) })
	got := record(t, func(r testing.TB) {
		sopstest.StartKMS(r)
		sopstest.StartKMS(r)
	})
	if !strings.HasPrefix(got, "sopstest: StartKMS was called before in this test") {
		t.Errorf("got %q", got)
	}
}

// The test's key comes first, and no KMS is asked.
func TestNoCallWithTheKey(t *testing.T) {
	kms := sopstest.StartKMS(t)
	synth(t, sopstest.File{Values: values}.Write(t, "app.sops.json"), nil)
	if got := kms.Asked(); len(got) > 0 {
		t.Errorf("asked %q", got)
	}
}
