package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

func TestProviderMisuse(t *testing.T) {
	arm := functionOf(t, functionbuild.ARM64)
	openable(t)
	writeBytes(t, "not.zip", []byte("text"))
	seconds := func(n float64) awscdk.Duration { return awscdk.Duration_Seconds(&n) }
	const immutable = `its Role "S/Role" takes no further rights, and the function would lack those that its files need; ` +
		`import it with mutable policies, leave Role to the provider, or set AutoGrant to false and give the role PolicyStatements()`
	for _, c := range []struct {
		name  string
		props func(awscdk.Stack) sopsconstructs.SopsSyncProviderProps
		want  string
	}{
		{"security groups alone", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{SecurityGroups: []awsec2.ISecurityGroup{}}
		}, "SecurityGroups without Vpc would have no effect; pass the Vpc that they are in"},
		{"subnets alone", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{VpcSubnets: &awsec2.SubnetSelection{}}
		}, "VpcSubnets without Vpc would have no effect; pass the Vpc that they are in"},
		{"too little memory", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{MemorySize: 127}
		}, "MemorySize is 127 MiB; Lambda takes 128 or more"},
		{"too short", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{Timeout: seconds(29)}
		}, "the Timeout is 29 s; it must be between 30 and 900"},
		{"too long", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{Timeout: seconds(901)}
		}, "the Timeout is 901 s; it must be between 30 and 900"},
		{"unknown architecture", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{Architecture: awslambda.Architecture_Custom(new("mips"), nil)}
		}, `the Architecture "mips" is not known; use arm64 or x86_64`},
		{"a zip for another architecture", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{Architecture: awslambda.Architecture_X86_64(), FunctionZip: arm.Zip}
		}, `FunctionZip: bootstrap in "` + arm.Zip + `" is built for EM_AARCH64, and the function's architecture is amd64`},
		{"no zip", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{FunctionZip: "not.zip"}
		}, `FunctionZip: open "not.zip": zip: not a valid zip file`},
		{"an immutable role", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{Role: awsiam.Role_FromRoleArn(stack, new("Role"), new(roleEU), &awsiam.FromRoleArnOptions{Mutable: new(false)})}
		}, immutable},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := newStack(nil)
			props := c.props(stack)
			got := panicOf(t, func() { sopsconstructs.NewSopsSyncProvider(stack, "Own", &props) })
			if want := `constructs: SopsSyncProvider "S/Own": ` + c.want; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	for _, timeout := range []float64{30, 900} {
		sopsconstructs.NewSopsSyncProvider(newStack(nil), "Own", &sopsconstructs.SopsSyncProviderProps{Timeout: seconds(timeout), MemorySize: 128})
	}
	stack := awscdk.NewStack(awscdk.NewApp(nil), new("S"), &awscdk.StackProps{Env: &awscdk.Environment{Account: new("444455556666"), Region: new("eu-west-1")}})
	foreign := awsiam.Role_FromRoleArn(stack, new("Role"), new(roleEU), nil)
	got := panicOf(t, func() {
		sopsconstructs.NewSopsSyncProvider(stack, "Own", &sopsconstructs.SopsSyncProviderProps{Role: foreign})
	})
	if !strings.Contains(got, immutable) {
		t.Errorf("a role of another account: got %s", got)
	}
}

// A setting is never ignored: whoever mixes providers by mistake is told.
func TestMixedProviders(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	secret := func(stack awscdk.Stack, id string, provider *sopsconstructs.SopsSyncProvider) func() {
		return func() {
			newSecret(stack, id, sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: provider})
		}
	}
	check := func(name string, f func(), want string) {
		t.Helper()
		if got := panicOf(t, f); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}

	stack := newStack(nil)
	secret(stack, "First", nil)()
	check("the default one, then one's own", func() { sopsconstructs.NewSopsSyncProvider(stack, "Own", nil) },
		`constructs: SopsSyncProvider "Own": secrets of the stack "S" use the default function already; make the provider before them, and pass it to each`)

	stack = newStack(nil)
	own := sopsconstructs.NewSopsSyncProvider(stack, "Own", nil)
	secret(stack, "First", own)()
	check("one's own, then none", secret(stack, "Second", nil),
		`constructs: SopsSecret "S/Second": the stack has the SopsSyncProvider "S/Own", and this construct names none; pass it as SyncProvider, or another of the same stack`)

	other := awscdk.NewStack(stack.Node().Root().(awscdk.App), new("Other"), nil)
	check("of another stack", secret(other, "Third", own),
		`constructs: SopsSecret "Other/Third": the SyncProvider "S/Own" is in another stack; make one in this stack: shared across stacks, their resources would depend on each other in a circle`)

	stack = newStack(nil)
	own = sopsconstructs.NewSopsSyncProvider(stack, "SopsSyncProvider", nil)
	check("one's own under the default id", secret(stack, "First", nil),
		`constructs: SopsSecret "S/First": the stack has the SopsSyncProvider "S/SopsSyncProvider", and this construct names none; pass it as SyncProvider, or another of the same stack`)
	secret(stack, "Second", own)()

	stack = newStack(nil)
	awscdk.NewCfnResource(stack, new("SopsSyncProvider"), &awscdk.CfnResourceProps{Type: new("AWS::SNS::Topic")})
	check("the id is taken", secret(stack, "First", nil),
		`constructs: SopsSecret "S/First": the id "SopsSyncProvider" in stack "S" is taken by another construct; rename it, the function that fills secrets needs that id`)
}

// The context passes a function that was built before to every stack of the app.
func TestFunctionZipOfTheContext(t *testing.T) {
	arm := functionOf(t, functionbuild.ARM64)
	openable(t)
	writeBytes(t, "not.zip", []byte("text"))
	make := func(zip string) func() {
		return func() {
			app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"sops:function-zip": zip}})
			for _, id := range []string{"A", "B"} {
				sopsconstructs.NewSopsSyncProvider(awscdk.NewStack(app, &id, nil), "Own", nil)
			}
		}
	}
	make(arm.Zip)()
	for zip, want := range map[string]string{
		"not.zip": `constructs: SopsSyncProvider "A/Own": context sops:function-zip: open "not.zip": zip: not a valid zip file`,
		"":        "constructs: context sops:function-zip is empty; it takes the path of the function's zip",
	} {
		if got := panicOf(t, make(zip)); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", zip, got, want)
		}
	}
}
