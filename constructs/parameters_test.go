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
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// one and many are the constructs of parameters, with the properties of each.
type (
	one  = sopsconstructs.SopsStringParameterProps
	many = sopsconstructs.SopsParametersProps
)

// parametersOf makes a SopsStringParameter or SopsParameters "Parameters" of these
// properties.
func parametersOf(stack awscdk.Stack, props any) {
	if p, ok := props.(one); ok {
		sopsconstructs.NewSopsStringParameter(stack, "Parameters", &p)
		return
	}
	p := props.(many)
	sopsconstructs.NewSopsParameters(stack, "Parameters", &p)
}

// What the function is told, for each property. What a file travels in is tested with
// secrets.
func TestParameters(t *testing.T) {
	openable(t)
	const x = "x.sops.json"
	named := one{SopsFilePath: x, ParameterName: "/app/key"}
	below := many{SopsFilePath: x, Prefix: "/app"}
	all := []string{"/app/my_api_key", "/app/database/users/0/name", "/app/port"}
	names := text(all)
	for _, c := range []struct {
		name   string
		props  any
		target string // without its names
		names  string
		output string
	}{
		{"one, defaults", named, `{}`, `["/app/key"]`, `{"Mode":"flat"}`},
		{"one, of one value", one{SopsFilePath: x, ParameterName: "key", Output: sopsconstructs.OutputValue("port")}, `{}`, `["key"]`, `{"Mode":"value","Value":"port"}`},
		{"one, overrides", one{SopsFilePath: x, ParameterName: "/app/key", Output: sopsconstructs.OutputRaw, Adopt: true, Description: "for tests", RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
			Tags: map[string]string{"team": "x"}, Tier: awsssm.ParameterTier_STANDARD},
			`{"Adopt":"true","Description":"for tests","Retain":"true","Tags":{"team":"x"},"Tier":"Standard"}`, `["/app/key"]`, `{"Mode":"raw"}`},
		{"many, defaults", below, `{"Prefix":"/app"}`, names, `{}`},
		{"many, of a part", many{SopsFile: (&sopsconstructs.SopsFile{Path: x}).Select("database"), Prefix: "/db"}, `{"Prefix":"/db"}`, `["/db/users/0/name"]`, `{}`},
		{"many, overrides", many{SopsFilePath: x, Prefix: "/app/", Separator: "_", OnEmpty: sopsconstructs.OnEmptySkip, Adopt: true, Description: "for tests", RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
			Tags: map[string]string{"team": "x"}, Tier: awsssm.ParameterTier_ADVANCED},
			`{"Adopt":"true","Description":"for tests","Prefix":"/app/","Retain":"update","Separator":"_","SkipEmpty":"true","Tags":{"team":"x"},"Tier":"Advanced"}`,
			`["/app/my_api_key","/app/database_users_0_name","/app/port"]`, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, x, standard(clear))
			stack := newStack(nil)
			parametersOf(stack, c.props)
			synthesis(t, stack)
			sync := only(t, stack, syncprotocol.ResourceType)
			target := sync.at("Target", "Parameters").(map[string]any)
			if got := text(target["Names"]); got != c.names {
				t.Errorf("names: got %s, want %s", got, c.names)
			}
			delete(target, "Names")
			if got := text(target); got != c.target {
				t.Errorf("got %s, want %s", got, c.target)
			}
			output := sync.Properties["Output"]
			if output == nil { // which the CDK leaves out
				output = map[string]any{}
			}
			if got := text(output); got != c.output {
				t.Errorf("output: got %s, want %s", got, c.output)
			}
			// CloudFormation asks for a Delete, unless that would remove what is to stay.
			policy, wanted := sync.raw["DeletionPolicy"], any(nil)
			if strings.Contains(c.target, `"update"`) {
				wanted = "RetainExceptOnCreate"
			}
			if policy != wanted {
				t.Errorf("DeletionPolicy %v, want %v", policy, wanted)
			}
			if found := resources(t, stack, "AWS::SSM::Parameter"); len(found) > 0 {
				t.Errorf("CloudFormation makes %s", text(found[0].raw))
			}
		})
	}
}

// The key is told to the function, and may be used through SSM by its own policy: of
// another stack, behind an alias, or imported.
func TestParametersWithAKey(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, c := range map[string]struct {
		key  func(in awscdk.Stack) awskms.IKey
		want string
	}{
		"of another stack": {func(in awscdk.Stack) awskms.IKey { return awskms.NewKey(besides(in, "Keys"), new("Key"), nil) }, "Fn::ImportValue"},
		"behind an alias": {func(in awscdk.Stack) awskms.IKey {
			return awskms.NewKey(in, new("Key"), nil).AddAlias(new("alias/parameters"))
		}, `"Fn::GetAtt":["Key`},
		"imported": {func(in awscdk.Stack) awskms.IKey { return awskms.Key_FromKeyArn(in, new("Key"), new(keyOfSecret)) }, keyOfSecret},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(nil)
			key := c.key(stack)
			parametersOf(stack, one{SopsFilePath: "x.sops.json", ParameterName: "key", EncryptionKey: key})
			if got := text(only(t, stack, syncprotocol.ResourceType).at("Target", "Parameters", "KeyID")); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s in it", got, c.want)
			}
			for _, made := range resources(t, awscdk.Stack_Of(key), "AWS::KMS::Key") {
				if got := text(made.Properties["KeyPolicy"]); !strings.Contains(got, `"kms:ViaService":"ssm.eu-west-1.amazonaws.com"`) {
					t.Errorf("the key's policy is %s", got)
				}
			}
		})
	}
}

// A file in a bucket: one parameter needs no more, and the names of many come from the
// file beside it.
func TestParametersOfAFileInABucket(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	bucket := awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket"))
	parametersOf(stack, one{ParameterName: "key", SopsFile: &sopsconstructs.SopsFile{Bucket: bucket, Key: "x.json",
		DecryptionKeys: []awskms.IKey{awskms.Key_FromKeyArn(stack, new("Key"), new(keyEU))}, DecryptionContext: ownContext}})
	sopsconstructs.NewSopsParameters(stack, "Many", &many{Prefix: "/app", SopsFile: &sopsconstructs.SopsFile{Path: "x.sops.json", Bucket: bucket, Key: "x.json"}})
	for _, sync := range resources(t, stack, syncprotocol.ResourceType) {
		if sync.at("File", "Bucket") != "a-bucket" || len(sync.at("Target", "Parameters", "Names").([]any)) == 0 {
			t.Errorf("got %s", text(sync.Properties))
		}
	}
}

// A stack that the command does not need goes on without its file, and is not refused for
// an unknown name.
func TestParametersOfAStackThatIsNotNeeded(t *testing.T) {
	openable(t)
	t.Chdir(t.TempDir())
	stack := newStack(map[string]any{"aws:cdk:bundling-stacks": []any{"Another"}})
	s := sopsconstructs.NewSopsParameters(stack, "Parameters", &many{SopsFilePath: "x.sops.json", Prefix: "/app"})
	s.Parameter("some.key").GrantRead(newRole(stack))
	s.GrantRead(newRole(besides(stack, "Other")))
	synthesis(t, stack)
	if got := text(warnings(stack)); !strings.Contains(got, "there is no file x.sops.json") || !strings.Contains(got, "does not need the stack") {
		t.Errorf("got %s", got)
	}
}

// Empty values are left out when that is asked for, at synth as at deploy.
func TestParametersOnEmpty(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"a": "v", "b": null, "c": "", "d": {}}`))
	stack := newStack(nil)
	s := sopsconstructs.NewSopsParameters(stack, "Parameters", &many{SopsFilePath: "x.sops.json", Prefix: "/app", OnEmpty: sopsconstructs.OnEmptySkip})
	if got := text(only(t, stack, syncprotocol.ResourceType).at("Target", "Parameters", "Names")); got != `["/app/a"]` {
		t.Errorf("got %s", got)
	}
	if got := panicOf(t, func() { s.Parameter("b") }); !strings.Contains(got, `no parameter comes from a value "b" in x.sops.json`) {
		t.Errorf("got %s", got)
	}
}

// numbered is a file of so many values.
func numbered(values int, name string) sopstest.File {
	fields := make([]string, values)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"%s_%04d":"v"`, name, i)
	}
	return standard("{" + strings.Join(fields, ",") + "}")
}
