package constructs_test

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// What follows a message about a file that cannot be used, and one that cannot
// be decrypted.
const (
	wayRound = "\nto go on with another stack than \"S\", name that one alone: cdk deploy -e STACK"
	skip     = "\nto synthesize without decrypting: -c sops:decrypt=skip"
)

func TestMisuse(t *testing.T) {
	openable(t)
	const prefix = `constructs: SopsSecret "S/Credentials": `
	props := sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json"}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	withProfile := standard(clear)
	withProfile.KMS[0].Profile = "my-profile"
	ageAlone := standard(clear)
	ageAlone.KMS = nil
	wildcard := standard(clear)
	wildcard.KMS[0].ARN = "arn:aws:kms:eu-west-1:111122223333:key/*"
	badRole := standard(clear)
	badRole.KMS[0].Role = "arn:aws:iam::111122223333:role/*"
	wrongMAC := standard(clear)
	wrongMAC.WrongMAC = true
	published := standard(clear)
	published.Age = append(published.Age, demonstration.Recipient)
	publishedKey := standard(clear)
	if publishedKey.DataKey, err = base64.StdEncoding.DecodeString(demonstration.DataKey); err != nil {
		t.Fatal(err)
	}
	var many strings.Builder
	for range 3000 {
		many.WriteString("demo value of thirty bytes....")
	}

	for _, c := range []struct {
		name  string
		file  sopstest.File
		props sopsconstructs.SopsSecretProps
		want  string
	}{
		{"no path", standard(clear), sopsconstructs.SopsSecretProps{},
			prefix + "no SopsFilePath; name the SOPS file, relative to the folder of cdk.json"},
		{"unknown delivery", standard(clear), sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json", Delivery: "FAX"},
			prefix + `unknown Delivery "FAX"; known are "SYNC" and "PLAINTEXT_TEMPLATE"`},
		{"no file", standard(clear), sopsconstructs.SopsSecretProps{SopsFilePath: "sops/y.sops.json"},
			prefix + `there is no file sops/y.sops.json; create it with "mkdir -p sops && cd sops && sops edit y.sops.json"` + wayRound},
		{"a changed value", wrongMAC, props,
			prefix + "sops/x.sops.json: the file's message authentication code (MAC) does not fit its values: it was changed without sops, or a merge mixed two versions of it; " +
				`take the last good version from git, and make the change again with "cd sops && sops edit x.sops.json"` + wayRound},
		{"an AWS profile", withProfile, props,
			prefix + `sops/x.sops.json: the KMS entry "` + keyEU + `" names the AWS profile "my-profile", which does not exist in the function; ` +
				`remove aws_profile from its entry in the file, and give the entry a role if the function's account needs one` + wayRound},
		{"no KMS key", ageAlone, props,
			prefix + `sops/x.sops.json: it has no KMS key, and the function has nothing else to decrypt with; ` +
				`add one with "cd sops && sops rotate --in-place --add-kms KEY_ARN x.sops.json", or pass AgeIdentities for its age recipients` + wayRound},
		{"a wildcard for a key", wildcard, props,
			prefix + `sops/x.sops.json: the KMS entry "arn:aws:kms:eu-west-1:111122223333:key/*" is not the ARN of a KMS key or alias; write the file again with full ARNs` + wayRound},
		{"a wildcard for a role", badRole, props,
			prefix + `sops/x.sops.json: the role "arn:aws:iam::111122223333:role/*" of the KMS entry "` + keyEU + `" is not the ARN of an IAM role; write the file again with full ARNs` + wayRound},
		{"the published recipient", published, props,
			prefix + "everyone can read sops/x.sops.json: it was made from the demonstration file, or is encrypted to its published recipient " + demonstration.Recipient + "; " +
				`delete it, replace the values that were in it, and create a new file (an edit, a copy and "sops updatekeys" keep the data key, which is published too)` + wayRound},
		{"the published data key", publishedKey, props,
			prefix + "everyone can read sops/x.sops.json: it was made from the demonstration file, or is encrypted to its published recipient " + demonstration.Recipient + "; " +
				`delete it, replace the values that were in it, and create a new file (an edit, a copy and "sops updatekeys" keep the data key, which is published too)` + wayRound},
		{"a secret's name", standard(clear), sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json", SecretName: "bad name!"},
			prefix + `the SecretName "bad name!" is none; use 1 to 512 letters, digits and /_+=.@-`},
		{"too large", standard(`{"a": "` + many.String() + `"}`), props,
			prefix + "sops/x.sops.json: it makes a secret of 90008 bytes, and a secret holds at most 65536; move some of its values to another file and secret" + wayRound},
		{"a collision", standard(`{"a.b": "x", "a": {"b": "y"}}`), props,
			prefix + `sops/x.sops.json: two values would land under the name "a.b": ["a.b"] and ["a"]["b"]` + wayRound},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, "sops/x.sops.json", c.file)
			got := panicOf(t, func() { newSecret(newStack(nil), "Credentials", c.props) })
			if c.want != "" && got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if !strings.HasPrefix(got, prefix) || strings.Contains(got, "demo-value") {
				t.Errorf("the message does not begin with the construct, or holds a value: %s", got)
			}
		})
	}

	t.Run("clear text", func(t *testing.T) {
		writeBytes(t, "sops/x.sops.json", []byte(clear))
		got := panicOf(t, func() { newSecret(newStack(nil), "Credentials", props) })
		want := prefix + `sops/x.sops.json is not encrypted; encrypt it with "cd sops && sops encrypt --in-place x.sops.json", and replace its values if it was ever pushed` + wayRound
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})

	t.Run("no usable key", func(t *testing.T) {
		file := standard(clear)
		file.Age = []string{stranger.Recipient().String()}
		file.PGP = []string{"85D77543B3D624B63CEA9E6DBC17301B491B3F21"}
		write(t, "sops/x.sops.json", file)
		for _, c := range []struct{ name, identity, age string }{
			{"no identity", "", "no age identity was found"},
			{"a wrong identity", identity.String(), "the one age identity that was found does not fit this recipient (1 in SOPS_AGE_KEY)"},
		} {
			isolate(t)
			if c.identity != "" {
				t.Setenv("SOPS_AGE_KEY", c.identity)
			}
			got := panicOf(t, func() { newSecret(newStack(nil), "Credentials", props) })
			got = regexp.MustCompile("; not there: .*").ReplaceAllString(got, "") // paths of this machine
			want := prefix + "sops/x.sops.json: none of the file's master keys opens it\n" +
				"  kms " + keyEU + ": no AWS credentials were found; run \"aws sso login\" and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \"aws sts get-caller-identity\" shows whether they work\n" +
				"  pgp " + file.PGP[0] + ": keys of this type are not read here, only kms and age\n" +
				"  age " + stranger.Recipient().String() + ": " + c.age + wayRound + skip
			if got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, want)
			}
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
	})
}

func TestMisspeltKeys(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"my_api_key": "v", "my_api_kex": "v", "a:b": "v"}`))
	s := newSecret(newStack(nil), "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	for name, want := range map[string]string{
		"my_api_kye":  `no key "my_api_kye" in x.sops.json; did you mean "my_api_key" or "my_api_kex"?`,
		"MY_API_KEY":  `no key "MY_API_KEY" in x.sops.json; did you mean "my_api_key" or "my_api_kex"?`,
		"nothinglike": `no key "nothinglike" in x.sops.json`,
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
		"sops:arch":    `constructs: unknown context key "sops:arch"; known are "sops:architecture", "sops:decrypt", "sops:resync"`,
		"sops:decrypt": `constructs: context sops:decrypt is "x"; it takes "skip"`,
		"stag":         `constructs: unknown context key "stag"; did you mean "stage"?`,
	} {
		stack := newStack(map[string]any{key: "x"})
		got := panicOf(t, func() { sopsconstructs.CheckContext(stack, "stage", "account") })
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if strings.Contains(strings.ToLower(key), "sops") {
			if got := panicOf(t, func() { newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"}) }); got != want {
				t.Errorf("a construct alone: got %s", got)
			}
		}
	}
	for _, key := range []string{"stages/of/another", "ops:team", "@aws-cdk/core:x", "vpc-provider:account=1"} {
		sopsconstructs.CheckContext(newStack(map[string]any{key: "x"}), "stage", "account")
	}
}
