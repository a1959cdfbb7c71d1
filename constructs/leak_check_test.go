package sopsconstructs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// leakedValue is a throw-away value with what the encodings escape.
func leakedValue(name string) string {
	return "q7\"<Zr&9/w\\+k é%" + strings.ReplaceAll(name, " ", "-")
}

// leaks are the findings about decrypted values.
func leaks(t *testing.T, app awscdk.App) []string {
	t.Helper()
	return slices.DeleteFunc(findings(t, app), func(f string) bool { return !strings.HasPrefix(f, "fatal leak ") })
}

// Every plant is found, in the file that holds it, under the name of its value, and nothing
// else is. No message has a value.
func TestLeaksAreFound(t *testing.T) {
	openable(t)
	found := 0
	for some := range slices.Chunk(plants, 12) { // no message names more than 20 values
		values := map[string]string{"not planted": leakedValue("not planted")}
		for _, p := range some {
			values[p.name] = leakedValue(p.name)
		}
		write(t, "x.sops.json", standard(text(values)))
		app := awscdk.NewApp(nil)
		stack := awscdk.NewStack(app, new("S"), nil)
		newSecret(stack, "Credentials", fromX)
		for _, p := range some {
			p.in(t, stack, values[p.name])
		}
		message := panicOf(t, func() { app.Synth(nil) })
		leaks := leaks(t, app)
		for _, p := range some {
			if slices.ContainsFunc(leaks, func(leak string) bool {
				file, keys, _ := strings.Cut(leak, " holds the decrypted value of ")
				return strings.Contains(file, p.file) && strings.Contains(keys, fmt.Sprintf("%q of x.sops.json", p.name))
			}) {
				found++
			} else {
				t.Errorf("%s: not found in %s", p.name, p.file)
			}
		}
		report, err := os.ReadFile(filepath.Join(*app.Outdir(), "validation-report.json"))
		if err != nil {
			t.Fatal(err, message)
		}
		said := message + string(report)
		if strings.Contains(strings.Join(leaks, "\n"), `"not planted"`) {
			t.Error("a value that was not planted is found")
		}
		if strings.Contains(said, "Zr") {
			t.Error("a message has a value")
		}
		if t.Failed() {
			t.Logf("%.5000q", leaks)
		}
	}
	t.Logf("%d planted, %d found", len(plants), found)
}

// What everybody may see is no find: see the list in package leakscan.
func TestWhatIsNoLeak(t *testing.T) {
	openable(t)
	values := map[string]string{
		"engine": "postgres", "host": "localhost", "stage": "production", "account": account, "bucket": "acme-artifacts", "imported": "acme-imported-bucket",
		"url": "https://orders.example.com/v1/orders", "region": "us-east-1", "stack": "Orders-Production", "part of it": "Production",
		"name": "a_key_name", "a_key_name": "x", "clear_unencrypted": "in clear text", "copy of it": "in clear text", "role": "arn:aws:iam::" + account + ":role/orders",
		"user": "orders_user", "lifetime": "31536000", "policy": "2012-10-17", "subnet": "subnet-0123456789abcdef0", "database": "orders_db",
	}
	write(t, "x.sops.json", standard(text(values)))
	for _, notSecret := range [][]string{{"user"}, nil} {
		app := awscdk.NewApp(nil)
		stage := awscdk.NewStage(app, new("Prod"), &awscdk.StageProps{Env: &awscdk.Environment{Account: new(account), Region: new(ireland)}})
		stack := awscdk.NewStack(stage, new("Orders"), &awscdk.StackProps{StackName: new("Orders-Production")})
		newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", NotSecret: notSecret}))
		resourceOf(stack, "Bucket", "AWS::S3::Bucket", map[string]any{"BucketName": values["bucket"]})
		resourceOf(stack, "Database", "AWS::RDS::DBInstance", map[string]any{"DBName": values["database"]})
		resourceOf(stack, "Reader", "AWS::IAM::ManagedPolicy", map[string]any{"PolicyDocument": map[string]any{"Resource": "arn:aws:s3:::" + values["imported"] + "/*"}})
		for name, value := range values {
			resourceOf(stack, "Of"+strings.NewReplacer(" ", "", "_", "").Replace(name), "AWS::SNS::Topic", map[string]any{"DisplayText": value, "Arn": "arn:aws:sns:eu-west-1:" + account + ":t"})
		}
		if notSecret != nil {
			app.Synth(nil)
			if got := leaks(t, app); got != nil {
				t.Errorf("got %q", got)
			}
			continue
		}
		panicOf(t, func() { app.Synth(nil) })
		for _, leak := range leaks(t, app) {
			if !strings.Contains(leak, `holds the decrypted value of "user" of x.sops.json`) {
				t.Errorf("got %s", leak)
			}
		}
	}
}

// The values of each construct are looked for, whatever it takes of its files.
func TestLeaksOfEveryConstruct(t *testing.T) {
	openable(t)
	write(t, "a.sops.json", standard(`{"part": {"first": "throw-away-1"}, "rest": "throw-away-2"}`))
	for name, clear := range map[string]string{"b.sops.json": `{"second": "throw-away-3"}`, "c.sops.json": `{"third": "throw-away-4"}`, "d.sops.json": `{"fourth": "throw-away-5"}`} {
		content, err := standard(clear).Encrypt()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("S"), nil)
	newSecret(stack, "Part", ofFile(*(&sopsconstructs.SopsFile{Path: "a.sops.json"}).Select("part")))
	sopsconstructs.NewSopsParameters(stack, "Parameters", &sopsconstructs.SopsParametersProps{SopsFilePath: "b.sops.json", Prefix: "/x"})
	newSecret(stack, "Overlaid", ofFile(*(&sopsconstructs.SopsFile{Path: "c.sops.json"}).Overlay(&sopsconstructs.SopsFile{Path: "d.sops.json"})))
	for i := range 5 {
		awscdk.NewCfnOutput(stack, new(fmt.Sprintf("Out%d", i)), &awscdk.CfnOutputProps{Value: new(fmt.Sprintf("x throw-away-%d", i+1))})
	}
	panicOf(t, func() { app.Synth(nil) })
	for _, want := range []string{`"part.first" of a.sops.json`, `"rest" of a.sops.json`, `"second" of b.sops.json`, `"third" of c.sops.json`, `"fourth" of d.sops.json`} {
		if got := strings.Join(leaks(t, app), "\n"); !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// Plain app.Synth says which files to delete. UnsafePlaintextInTemplate is a leak outside of
// its own secret alone.
func TestLeaksOfPlaintextInTheTemplate(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"a": "throw-away-1"}`))
	plain := fromX
	plain.UnsafePlaintextInTemplate = true
	for _, also := range []bool{false, true} {
		app := awscdk.NewApp(nil)
		stack := awscdk.NewStack(app, new("S"), nil)
		newSecret(stack, "Credentials", plain)
		if !also {
			app.Synth(nil)
			continue
		}
		awscdk.NewCfnOutput(stack, new("Out"), &awscdk.CfnOutputProps{Value: new("throw-away-1")})
		message := panicOf(t, func() { app.Synth(nil) })
		file := filepath.Join(*app.Outdir(), "S.template.json")
		if got := strings.Join(leaks(t, app), "\n"); strings.Count(got, "\n") != 0 || !strings.Contains(got, `S.template.json holds the decrypted value of "a" of x.sops.json, at /Outputs/Out/Value`) {
			t.Errorf("got %s", got)
		}
		report, _ := os.ReadFile(filepath.Join(*app.Outdir(), "validation-report.json"))
		if !strings.Contains(string(report), "; delete "+file) || strings.Contains(message+string(report), "throw-away") {
			t.Errorf("got %s\n%s", message, report)
		}
		if _, err := os.Stat(file); err != nil {
			t.Error("without Run, the file was deleted")
		}
	}
}

func TestNotSecretMisuse(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, c := range []struct {
		file sopsconstructs.SopsFile
		want string
	}{
		{sopsconstructs.SopsFile{Path: "x.sops.json", NotSecret: []string{"my_api_kye"}}, `NotSecret names "my_api_kye", which is no value of x.sops.json; did you mean "my_api_key"?`},
		{sopsconstructs.SopsFile{Path: "x.sops.json", NotSecret: []string{"database"}}, `NotSecret names "database", which is no value of x.sops.json`},
	} {
		for name, take := range map[string]func(stack awscdk.Stack){
			"a secret": func(stack awscdk.Stack) { newSecret(stack, "Credentials", ofFile(c.file)) },
			"parameters": func(stack awscdk.Stack) {
				sopsconstructs.NewSopsParameters(stack, "Parameters", &sopsconstructs.SopsParametersProps{SopsFile: &c.file, Prefix: "/x"})
			},
			"an import": func(stack awscdk.Stack) {
				sopsconstructs.ImportSopsSecret(stack, "Credentials", &sopsconstructs.ImportSopsSecretProps{SecretName: "s", SopsFile: &c.file})
			},
			"reminders": func(stack awscdk.Stack) {
				reminders(stack, "Reminders", sopsconstructs.ExpirationRemindersProps{SopsFile: &c.file})
			},
		} {
			if got := panicOf(t, func() { take(newStack(nil)) }); !strings.Contains(got, c.want) {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
	}
}

// Of a file that reminders alone take, the values are looked for too, but for those in
// NotSecret.
func TestLeaksOfReminders(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"user": "throw-away-1", "key": "throw-away-2", "key_unencrypted": "2027-06-30"}`))
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("S"), nil)
	reminders(stack, "Reminders", sopsconstructs.ExpirationRemindersProps{SopsFile: &sopsconstructs.SopsFile{Path: "x.sops.json", NotSecret: []string{"user"}}, Suffix: "_unencrypted"})
	for i := range 2 {
		awscdk.NewCfnOutput(stack, new(fmt.Sprintf("Out%d", i)), &awscdk.CfnOutputProps{Value: new(fmt.Sprintf("x throw-away-%d", i+1))})
	}
	panicOf(t, func() { app.Synth(nil) })
	if got := strings.Join(leaks(t, app), "\n"); !strings.Contains(got, `"key" of x.sops.json`) || strings.Contains(got, `"user"`) {
		t.Errorf("got %s", got)
	}
}

// Run deletes the files with finds, and no others, and says so without the value; also
// where the synthesis fails in the middle.
func TestRunDeletesWhatLeaks(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"leaked": "throw-away-1"}`))
	for _, fails := range []bool{false, true} {
		out := t.TempDir()
		var said []byte
		failed := false
		if fails { // in this process, as Run does it
			var buffer bytes.Buffer
			failed = sopsconstructs.Report(&buffer, func() {
				app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
				stack := awscdk.NewStack(app, new("S"), nil)
				newSecret(stack, "Credentials", fromX)
				leak(stack, "x throw-away-1")
				z := awscdk.NewStack(app, new("Z"), nil) // where it fails, when S is written
				z.Node().SetContext(new("@aws-cdk/core:stackResourceLimit"), 1)
				for i := range 2 {
					resourceOf(z, fmt.Sprintf("Topic%d", i), "AWS::SNS::Topic", nil)
				}
				sopsconstructs.Synthesize(app)
			})
			said = buffer.Bytes()
		} else {
			var err error
			said, err = appOf(t, out, leaksValue+"=x throw-away-1").CombinedOutput()
			failed = err != nil
		}
		if !failed {
			t.Error("the app succeeded")
		}
		want := []string{"constructs: decrypted values are in what was synthesized:\n", `S.template.json, now deleted, holds "leaked" of x.sops.json, at /Outputs/Out/Value`}
		if fails {
			want = append(want, "greater than allowed maximum")
		}
		for _, want := range want {
			if !strings.Contains(string(said), want) {
				t.Errorf("no %q in %s", want, said)
			}
		}
		if strings.Contains(string(said), "throw-away-1") {
			t.Error("the message has the value")
		}
		left := 0
		_ = filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				left++
				if content, err := os.ReadFile(path); err != nil || strings.Contains(string(content), "throw-away-1") {
					t.Errorf("%s: %v, or it holds the value", path, err)
				}
			}
			return nil
		})
		if left == 0 {
			t.Error("no file is left")
		}
	}
}
