package sopsconstructs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// What follows a message about a file that cannot be used, and one that cannot
// be decrypted.
const (
	wayRound = "\nto go on with another stack than \"S\", name that one alone: cdk deploy -e STACK"
	skip     = "\nto synthesize without decrypting: -c sops:decrypt=skip"
)

// failure is the message with which the app fails when it makes this secret: at once,
// or before synthesis.
func failure(t *testing.T, stack awscdk.Stack, props sopsconstructs.SopsSecretProps) string {
	t.Helper()
	return strings.TrimPrefix(panicOf(t, func() {
		newSecret(stack, "Credentials", props)
		stack.Node().Root().(awscdk.App).Synth(nil)
	}), "ValidationFailedWithErrors: Validation failed with the following errors:\n  [] ")
}

// What is wrong with a file is tested in package synthfile. Here it is where the
// message begins and ends: with the construct, and the ways round.
func TestMisuse(t *testing.T) {
	openable(t)
	const prefix = `constructs: SopsSecret "S/Credentials": `
	props := sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json"}
	wrongMAC := standard(clear)
	wrongMAC.WrongMAC = true
	for _, c := range []struct {
		name  string
		file  sopstest.File
		props sopsconstructs.SopsSecretProps
		want  string
	}{
		{"no path", standard(clear), sopsconstructs.SopsSecretProps{},
			prefix + "no SopsFilePath; name the SOPS file, relative to the folder of cdk.json"},
		{"unknown output", standard(clear), sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json", Output: "xml"},
			prefix + `unknown Output "xml"; use OutputFlatJSON, OutputNestedJSON, OutputRaw, OutputBinary, or OutputValue with the name of a value`},
		{"a secret's name", standard(clear), sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json", SecretName: "bad name!"},
			prefix + `invalid SecretName "bad name!"; use 1 to 512 letters, digits and /_+=.@-`},
		{"what shows at once", standard(clear), sopsconstructs.SopsSecretProps{SopsFilePath: "sops/y.sops.json"},
			prefix + `there is no file sops/y.sops.json in FOLDER; create it with "mkdir -p sops && cd sops && sops edit y.sops.json"` + wayRound},
		{"what decryption shows", wrongMAC, props,
			prefix + "sops/x.sops.json: the file's message authentication code (MAC) does not fit its values: it was changed without sops, or a merge mixed two versions of it; " +
				`take the last good version from git, and make the change again with "cd sops && sops edit x.sops.json"` + wayRound},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, "sops/x.sops.json", c.file)
			got := failure(t, newStack(nil), c.props)
			if folder, err := os.Getwd(); err == nil {
				got = strings.ReplaceAll(got, folder, "FOLDER")
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}

	t.Run("no usable key", func(t *testing.T) {
		write(t, "sops/x.sops.json", standard(clear))
		sopstest.Isolate(t)
		got := failure(t, newStack(nil), props)
		if !strings.HasPrefix(got, prefix+"sops/x.sops.json: none of the file's master keys opens it\n  kms "+keyEU+": ") || !strings.HasSuffix(got, wayRound+skip) {
			t.Errorf("got\n%s", got)
		}
	})

	// All that fail are reported together, whatever stack they are in.
	t.Run("several files", func(t *testing.T) {
		write(t, "a.sops.json", wrongMAC)
		for name, file := range map[string]sopstest.File{"b.sops.json": standard(clear), "c.sops.json": standard(clear)} {
			file.WrongMAC = name == "c.sops.json"
			content, err := file.Encrypt()
			if err == nil {
				err = os.WriteFile(name, content, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		stack := newStack(nil)
		other := besides(stack, "Other")
		newSecret(stack, "A", sopsconstructs.SopsSecretProps{SopsFilePath: "a.sops.json"})
		newSecret(stack, "B", sopsconstructs.SopsSecretProps{SopsFilePath: "b.sops.json"})
		newSecret(other, "C", sopsconstructs.SopsSecretProps{SopsFilePath: "c.sops.json"})
		for i := range 10 {
			newSecret(stack, fmt.Sprintf("A%d", i), sopsconstructs.SopsSecretProps{SopsFilePath: "a.sops.json"})
		}
		got := synthFailure(t, stack)
		for _, want := range []string{`SopsSecret "S/A": a.sops.json: `, `SopsSecret "Other/C": c.sops.json: `, `to go on with another stack than "S", "Other", name that one alone`, "\n  the same for \"S/A0\", \"S/A1\", \"S/A2\", 7 more\n"} {
			if strings.Count(got, want) != 1 {
				t.Errorf("got\n%s\nwant once %s", got, want)
			}
		}
		if strings.Contains(got, `"S/B"`) {
			t.Errorf("B did not fail: got\n%s", got)
		}
	})

	t.Run("one name twice", func(t *testing.T) {
		write(t, "sops/x.sops.json", standard(clear))
		app := awscdk.NewApp(nil)
		in := func(region string) *awscdk.StackProps {
			return &awscdk.StackProps{Env: &awscdk.Environment{Region: &region}}
		}
		named := sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json", SecretName: "a_name"}
		newSecret(awscdk.NewStack(app, new("A"), in("eu-west-1")), "One", named)
		newSecret(awscdk.NewStack(app, new("B"), in("us-east-1")), "Two", named)
		third := awscdk.NewStack(app, new("C"), in("eu-west-1"))
		got := panicOf(t, func() { newSecret(third, "Three", named) })
		want := `constructs: SopsSecret "C/Three": the secret name "a_name" is taken by "A/One" in the same account and region; ` +
			`give one of them another SecretName, or their stacks another env`
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		// The same name in another account or region is another secret's.
		newSecret(at(app, "D", account, "eu-west-1"), "Four", named)
		newSecret(at(app, "E", otherAccount, "eu-west-1"), "Five", named)
		newSecret(at(app, "F", otherAccount, "us-east-1"), "Six", named)
		sixth := at(app, "G", otherAccount, "eu-west-1")
		if got := panicOf(t, func() { newSecret(sixth, "Seven", named) }); !strings.Contains(got, `is taken by "E/Five" in the same account and region`) {
			t.Errorf("got %s", got)
		}
	})

	t.Run("one name in two Stages", func(t *testing.T) {
		write(t, "sops/x.sops.json", standard(clear))
		named := sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json", SecretName: "a_name"}
		var app awscdk.App
		in := func(id string, env *awscdk.Environment) awscdk.Stage {
			return awscdk.NewStage(app, &id, &awscdk.StageProps{Env: env})
		}
		// Without an account, or without a region, the two may go to different places.
		half := &awscdk.Environment{Account: new(account)}
		for id, env := range map[string]*awscdk.Environment{"Open": nil, "Region": {Region: new("eu-west-1")}, "Account": half} {
			app = awscdk.NewApp(nil)
			one, two := awscdk.NewStack(in(id+"1", env), new("S"), nil), awscdk.NewStack(in(id+"2", env), new("S"), nil)
			newSecret(one, "A", named)
			newSecret(two, "B", named)
			beside := awscdk.NewStack(awscdk.Stage_Of(one), new("Beside"), nil)
			if got := panicOf(t, func() { newSecret(beside, "C", named) }); !strings.Contains(got, `is taken by "`+id+`1/S/A" in the same account and region`) {
				t.Errorf("%s: got %s", id, got)
			}
			if got := warnings(one); len(got) != 0 {
				t.Errorf("%s: got %q", id, got)
			}
			if got := warnings(two); len(got) != 1 || !strings.Contains(got[0], `The secret name "a_name" is taken by "`+id+`1/S/A" of another Stage.`) {
				t.Errorf("%s: got %q", id, got)
			}
		}
		app = awscdk.NewApp(nil)
		known := &awscdk.Environment{Account: new(account), Region: new("eu-west-1")}
		newSecret(awscdk.NewStack(in("Known1", known), new("S"), nil), "A", named)
		second := awscdk.NewStack(in("Known2", known), new("S"), nil)
		if got := panicOf(t, func() { newSecret(second, "B", named) }); !strings.Contains(got, `is taken by "Known1/S/A" in the same account and region`) {
			t.Errorf("got %s", got)
		}
	})
}

func TestMisspeltKeys(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"my_api_key": "v", "my_api_kex": "v", "a:b": "v", "feature": {"a": "v", "b": ["v"]}}`))
	s := newSecret(newStack(nil), "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	for name, want := range map[string]string{
		"my_api_kye":  `no key "my_api_kye" in x.sops.json; did you mean "my_api_key" or "my_api_kex"?`,
		"MY_API_KEY":  `no key "MY_API_KEY" in x.sops.json; did you mean "my_api_key" or "my_api_kex"?`,
		"nothinglike": `no key "nothinglike" in x.sops.json`,
		"feature":     `no key "feature" in x.sops.json; it is a map, whose values have the names "feature.a", "feature.b[0]"`,
		"feature.b":   `no key "feature.b" in x.sops.json; it is a list, whose values have the names "feature.b[0]"`,
	} {
		if got := panicOf(t, func() { s.Key(name) }); got != `constructs: SopsSecret "S/Credentials": `+want {
			t.Errorf("got %s", got)
		}
	}
	got := panicOf(t, func() { s.Key("a:b").BuildEnvironmentVariable() })
	if want := `constructs: SopsSecret "S/Credentials": the key "a:b" cannot be a CodeBuild variable, since it contains a colon; rename it in x.sops.json`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestMisspeltContext(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for key, want := range map[string]string{
		"sops:decypt":  `constructs: unknown context key "sops:decypt"; did you mean "sops:decrypt"?`,
		"Sops:Decrypt": `constructs: unknown context key "Sops:Decrypt"; did you mean "sops:decrypt"?`,
		"sops-decrypt": `constructs: unknown context key "sops-decrypt"; did you mean "sops:decrypt"?`,
		"sops:arch":    `constructs: unknown context key "sops:arch"; known are "sops:architecture", "sops:decrypt", "sops:function-zip", "sops:resync", "sops:source-locations"`,
		"sops:decrypt": `constructs: context sops:decrypt is "x"; it takes "skip"`,
		"stag":         `constructs: unknown context key "stag"; did you mean "stage"?`,
	} {
		got := panicOf(t, func() { sopsconstructs.CheckContext(map[string]any{key: "x"}, "stage", "account") })
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if strings.Contains(strings.ToLower(key), "sops") {
			if got := panicOf(t, func() { newSecret(newStack(map[string]any{key: "x"}), "Credentials", fromX) }); got != want {
				t.Errorf("a construct alone: got %s", got)
			}
		}
	}
	for _, key := range []string{"stages/of/another", "ops:team", "@aws-cdk/core:x", "vpc-provider:account=1"} {
		sopsconstructs.CheckContext(map[string]any{key: "x"}, "stage", "account")
	}
}
