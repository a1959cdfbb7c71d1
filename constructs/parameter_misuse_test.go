package sopsconstructs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// Bad input fails at synth, with what, which and the way out.
func TestMisuseOfParameters(t *testing.T) {
	openable(t)
	const x = "x.sops.json"
	tooMany := map[string]string{}
	for i := range 46 {
		tooMany[fmt.Sprint(i)] = "v"
	}
	tagged := func(key, value string) one {
		return one{SopsFilePath: x, ParameterName: "p", Tags: map[string]string{key: value}}
	}
	inTier := func(tier awsssm.ParameterTier) many { return many{SopsFilePath: x, Prefix: "/app", Tier: tier} }
	large := `{"a": "` + strings.Repeat("ä", 2049) + `"}`
	for _, c := range []struct {
		name, file string
		props      any
		want       string
	}{
		{"no name", clear, one{SopsFilePath: x}, "no ParameterName; give it one"},
		{"a token as name", clear, one{SopsFilePath: x, ParameterName: "${Token[TOKEN.1]}"}, "the ParameterName is a token; pass the name itself"},
		{"characters in a name", clear, one{SopsFilePath: x, ParameterName: "a b"}, `invalid ParameterName "a b": a name that a parameter cannot have`},
		{"a name of AWS", clear, one{SopsFilePath: x, ParameterName: "/AWSome/x"}, `invalid ParameterName "/AWSome/x": AWS keeps names that begin with aws or ssm to itself`},
		{"no slash", clear, one{SopsFilePath: x, ParameterName: "a/b"}, `"a/b": the name of a parameter in a hierarchy begins with a slash`},
		{"16 levels", clear, one{SopsFilePath: x, ParameterName: strings.Repeat("/a", 16)}, "more than 15 levels"},
		{"a long name", clear, one{SopsFilePath: x, ParameterName: strings.Repeat("a", 957)}, "over 956 characters"},
		{"binary", clear, one{SopsFilePath: x, ParameterName: "p", Output: sopsconstructs.OutputBinary}, "a parameter holds text, and OutputBinary is none; use OutputRaw for text, or a SopsSecret"},
		{"unknown output", clear, one{SopsFilePath: x, ParameterName: "p", Output: "xml"}, `unknown Output "xml"`},
		{"unknown value", clear, one{SopsFilePath: x, ParameterName: "p", Output: sopsconstructs.OutputValue("no")}, `x.sops.json: no value has the name "no"`},
		{"no file", clear, one{ParameterName: "p"}, "no SopsFilePath; name the SOPS file"},
		{"no prefix", clear, many{SopsFilePath: x}, "no Prefix; say where the names begin, such as /app"},
		{"a token as prefix", clear, many{SopsFilePath: x, Prefix: "/${Token[TOKEN.1]}"}, "the Prefix or the Separator is a token"},
		{"a prefix without a slash", clear, many{SopsFilePath: x, Prefix: "app"}, `the prefix "app" of parameters is not of the form /NAME or /NAME/NAME`},
		{"a separator", clear, many{SopsFilePath: x, Prefix: "/app", Separator: ":"}, `the separator ":" of parameters`},
		{"unknown OnEmpty", clear, many{SopsFilePath: x, Prefix: "/app", OnEmpty: "drop"}, `unknown OnEmpty "drop"; use OnEmptyFail or OnEmptySkip`},
		{"a value's name", `{"a b": "v"}`, many{SopsFilePath: x, Prefix: "/app"}, `x.sops.json: value at "a b": a name that a parameter cannot have`},
		{"two of one name", `{"a": {"b": "v"}, "a_b": "v"}`, many{SopsFilePath: x, Prefix: "/app", Separator: "_"}, `x.sops.json: two values would land in the parameter "/app/a_b": ["a"]["b"] and ["a_b"]; rename one, or choose another Separator`},
		{"null", `{"a": null}`, many{SopsFilePath: x, Prefix: "/app"}, `x.sops.json: value at "a": no text, and a parameter holds at least one character; OnEmptySkip makes no parameter of such a value`},
		{"nothing is left", `{"a": null}`, many{SopsFilePath: x, Prefix: "/app", OnEmpty: sopsconstructs.OnEmptySkip}, "x.sops.json: none of its values makes a parameter"},
		{"two braces", `{"a": "demo{{value"}`, many{SopsFilePath: x, Prefix: "/app"}, `x.sops.json: value at "a": the text {{, which SSM refuses in a value; a secret can hold it (SopsSecret)`},
		{"two braces in one", `{"a": "demo{{value"}`, one{SopsFilePath: x, ParameterName: "p", Output: sopsconstructs.OutputValue("a")}, `x.sops.json: the parameter "p" would hold the text {{, which SSM refuses in a value; a secret can hold it (SopsSecret)`},
		{"over 8 KB", `{"a": "` + strings.Repeat("v", 8193) + `"}`, one{SopsFilePath: x, ParameterName: "p"}, `x.sops.json: the parameter "p" would hold over 8192 bytes, and a parameter holds no more; a secret (SopsSecret) holds 65536`},
		{"over 4 KB in the standard tier", large, inTier(awsssm.ParameterTier_STANDARD), `x.sops.json: the parameter "/app/a" has 4098 bytes, and the tier Standard takes 4096: leave Tier out, or use Advanced`},
		{"intelligent tiering", clear, inTier(awsssm.ParameterTier_INTELLIGENT_TIERING), "the Tier cannot be INTELLIGENT_TIERING; leave Tier out, and each parameter has the one that its size needs"},
		{"unknown tier", clear, inTier("CHEAP"), `unknown Tier "CHEAP"; use STANDARD or ADVANCED, or leave it out`},
		{"a description", clear, one{SopsFilePath: x, ParameterName: "p", Description: strings.Repeat("ä", 1025)}, "the Description has over 1024 characters"},
		{"a snapshot", clear, one{SopsFilePath: x, ParameterName: "p", RemovalPolicy: awscdk.RemovalPolicy_SNAPSHOT}, "a parameter has no snapshots; use DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE as RemovalPolicy"},
		{"tags", clear, one{SopsFilePath: x, ParameterName: "p", Tags: tooMany}, "46 Tags; 45 are the most beside the function's own"},
		{"a tag of AWS", clear, tagged("AWS:x", "v"), `the tag "AWS:x" cannot be set`},
		{"a tag of the function", clear, tagged("sops:stack", "v"), `the tag "sops:stack" cannot be set`},
		{"a tag without a name", clear, tagged("", "v"), `the name of the tag "" cannot be one`},
		{"a tag's name", clear, tagged("a<b", "v"), `the name of the tag "a<b" cannot be one`},
		{"a tag's value", clear, tagged("a", "demo<value"), `the value of the tag "a" cannot be one`},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, x, standard(c.file))
			stack := newStack(nil)
			got := strings.TrimPrefix(panicOf(t, func() {
				parametersOf(stack, c.props)
				stack.Node().Root().(awscdk.App).Synth(nil)
			}), "ValidationFailedWithErrors: Validation failed with the following errors:\n  [] ")
			kind := "SopsParameters"
			if _, ok := c.props.(one); ok {
				kind = "SopsStringParameter"
			}
			if !strings.HasPrefix(got, `constructs: `+kind+` "S/Parameters": `) || !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if strings.Contains(got, "demo") {
				t.Errorf("the message has a value in it: %s", got)
			}
		})
	}
}

// What is wrong with two constructs together, or with what they are made of.
func TestMisuseOfParametersTogether(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	below := func(stack awscdk.Stack, id, prefix string) *sopsconstructs.SopsParameters {
		return sopsconstructs.NewSopsParameters(stack, id, &many{SopsFilePath: "x.sops.json", Prefix: prefix})
	}
	single := func(stack awscdk.Stack, id, name string) {
		sopsconstructs.NewSopsStringParameter(stack, id, &one{SopsFilePath: "x.sops.json", ParameterName: name})
	}
	bucket := func(stack awscdk.Stack) awss3.IBucket {
		return awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket"))
	}
	for name, c := range map[string]struct {
		make func(stack awscdk.Stack)
		want string
	}{
		"one name, in two": {func(stack awscdk.Stack) { single(stack, "A", "/app/port"); below(stack, "B", "/app/") },
			`constructs: SopsParameters "S/B": the parameter "/app/port" is filled by "S/A" in the same account and region; give one of them another name, or their stacks another env`},
		"one name, twice": {func(stack awscdk.Stack) { single(stack, "A", "key"); single(stack, "B", "key") },
			`constructs: SopsStringParameter "S/B": the parameter "key" is filled by "S/A" in the same account`},
		"one name, in two stacks": {func(stack awscdk.Stack) { single(stack, "A", "key"); single(besides(stack, "Other"), "B", "key") },
			`constructs: SopsStringParameter "Other/B": the parameter "key" is filled by "S/A" in the same account`},
		"a key that is not there": {func(stack awscdk.Stack) { below(stack, "A", "/app").Parameter("prot") },
			`constructs: SopsParameters "S/A": no parameter comes from a value "prot" in x.sops.json; did you mean "port"?`},
		"names from a bucket alone": {func(stack awscdk.Stack) {
			sopsconstructs.NewSopsParameters(stack, "A", &many{Prefix: "/app", SopsFile: &sopsconstructs.SopsFile{Bucket: bucket(stack), Key: "x.json",
				DecryptionKeys: []awskms.IKey{awskms.Key_FromKeyArn(stack, new("Key"), new(keyEU))}, UnboundObject: true}})
		}, `constructs: SopsParameters "S/A": the SopsFile has no Path; pass the file that is in Bucket as Path, too: the names of the parameters come from it`},
		"an alias": {func(stack awscdk.Stack) {
			sopsconstructs.NewSopsStringParameter(stack, "A", &one{SopsFilePath: "x.sops.json", ParameterName: "key", EncryptionKey: awskms.Alias_FromAliasName(stack, new("Key"), new("alias/x"))})
		}, `constructs: SopsStringParameter "S/A": EncryptionKey is an alias whose key is not known here; pass the key itself`},
		"a policy, too late": {func(stack awscdk.Stack) {
			single(stack, "A", "key")
			sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{AllowedKeys: []string{keyEU}})
		}, `constructs: SetFilePolicy comes after SopsStringParameter "S/A", whose file it no longer checks; call it before the first construct that takes a file`},
		"keys that are not allowed": {func(stack awscdk.Stack) {
			sopsconstructs.NewSopsStringParameter(stack, "A", &one{SopsFile: &sopsconstructs.SopsFile{Path: "x.sops.json", AllowedKeys: []string{keyUS}}, ParameterName: "key", Output: sopsconstructs.OutputValue("port")})
		}, `constructs: SopsStringParameter "S/A": x.sops.json: the file names the kms key`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := panicOf(t, func() { c.make(newStack(nil)) }); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	// A secret and a parameter of one name are two things.
	stack := newStack(nil)
	single(stack, "A", "key")
	newSecret(stack, "B", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "key"})
	// Stages may go to different places: that is a warning, once.
	app := stack.Node().Root().(awscdk.App)
	for _, stage := range []string{"Dev", "Prod"} {
		inStage := awscdk.NewStack(awscdk.NewStage(app, &stage, nil), new("S"), nil)
		below(inStage, "A", "/app")
		if got := len(warnings(inStage)); got != map[string]int{"Dev": 0, "Prod": 1}[stage] {
			t.Errorf("%s: %d warnings: %q", stage, got, warnings(inStage))
		}
	}
}
