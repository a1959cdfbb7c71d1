package sopsconstructs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// Each rule of a policy holds for each kind of construct, before any call, and what breaks
// one is fatal. What a rule says of which file is tested in internal/filepolicy.
func TestFilePolicy(t *testing.T) {
	server := inAWS(t)
	const dated = `{"my_api_key": "demo-value-one", "my_api_key_unencrypted": "2099-06-30"}`
	recipient := identity.Recipient().String()
	plain := sopstest.File{JSON: dated, KMS: []sopstest.KMS{{ARN: keyEU}, {ARN: keyUS}}}
	withRole := sopstest.File{JSON: dated, KMS: []sopstest.KMS{{ARN: keyEU, Role: roleEU, Profile: "dev"}}}
	withAge := sopstest.File{JSON: dated, KMS: []sopstest.KMS{{ARN: keyEU}}, Age: []string{recipient}}
	type policy = sopsconstructs.FilePolicy
	type kinds = []sopsconstructs.KeyType
	for _, c := range []struct {
		name   string
		file   sopstest.File
		policy policy
		want   string // the findings of one construct, without the severity; "" for none
	}{
		{"all of it holds", plain, policy{AllowedKeys: []string{keyEU, keyUS}, RequiredRecipients: []string{keyUS}, MinRegions: 2, KeyTypes: kinds{sopsconstructs.KeyTypeKMS}, ForbidAWSProfile: true, MaxKeyAgeDays: 36500}, ""},
		{"AllowedKeys", withRole, policy{AllowedKeys: []string{keyEU}}, `file-allowed-keys: the file names the role "` + roleEU + `", which is not among the allowed keys`},
		{"RequiredRecipients", plain, policy{RequiredRecipients: []string{recipient}}, `file-required-recipients: the file lacks required recipients: "` + recipient + `"`},
		{"MinRegions", withAge, policy{MinRegions: 2}, `file-regions: the file has KMS keys in 1 regions, and at least 2 are required (it has "eu-west-1")`},
		{"KeyTypes", withAge, policy{KeyTypes: kinds{sopsconstructs.KeyTypeKMS}}, `file-key-types: the file has keys of other types than kms: "age ` + recipient + `"`},
		{"post-quantum age alone", withAge, policy{KeyTypes: kinds{sopsconstructs.KeyTypePostQuantumAge}}, `file-key-types: the file has keys of other types than age-post-quantum: "kms ` + keyEU + `", "age ` + recipient + `"`},
		{"ForbidAWSProfile", withRole, policy{ForbidAWSProfile: true}, `file-aws-profile: the file names AWS profiles (aws_profile): "dev"`},
		{"MatchCreationRules", plain, policy{MatchCreationRules: true}, `file-creation-rules: its recipients are not those of creation rule 1 of .sops.yaml: it has "` + keyUS + `" besides`},
		{"MaxKeyAgeDays", plain, policy{MaxKeyAgeDays: 1}, `file-key-age: the data key is wrapped since over 1 days by "` + keyEU + ` (2026-01-02)", "` + keyUS + ` (2026-01-02)"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, "x.sops.json", c.file)
			if err := os.WriteFile(".sops.yaml", []byte("creation_rules: [{kms: '"+keyEU+"'}]"), 0o644); err != nil {
				t.Fatal(err)
			}
			server.ResetCalls()
			stack := newStack(nil)
			app := stack.Node().Root().(awscdk.App)
			sopsconstructs.SetFilePolicy(stack, c.policy)
			secret := newSecret(stack, "Secret", fromX)
			secret.Key("my_api_key")
			parameters := sopsconstructs.NewSopsParameters(stack, "Many", &sopsconstructs.SopsParametersProps{SopsFilePath: "x.sops.json", Prefix: "/app"})
			parameters.Parameter("my_api_key")
			sopsconstructs.NewSopsStringParameter(stack, "One", &sopsconstructs.SopsStringParameterProps{SopsFilePath: "x.sops.json", ParameterName: "key", Output: sopsconstructs.OutputValue("my_api_key")})
			sopsconstructs.NewExpirationReminders(stack, "Expiry", &sopsconstructs.ExpirationRemindersProps{SopsFilePath: "x.sops.json", Topic: awssns.NewTopic(stack, new("Topic"), nil), Suffix: "_unencrypted", DaysBefore: []int{7}})
			sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "name", SopsFilePath: "x.sops.json"}).Key("my_api_key")

			severity, broken := "fatal", c.want != ""
			if c.policy.MaxKeyAgeDays == 1 {
				severity, broken = "warning", false
			}
			if broken {
				if got := panicOf(t, func() { app.Synth(nil) }); !strings.Contains(got, "ValidationFailed") {
					t.Fatalf("got %s", got)
				}
			} else {
				app.Synth(nil)
			}
			var want []string
			if rule, text, ok := strings.Cut(c.want, ": "); ok {
				for _, construct := range []string{"Secret", "Many", "One", "Expiry", "Imported"} {
					want = append(want, severity+" "+rule+" S/"+construct+": x.sops.json: "+text)
				}
			}
			if got := findings(t, app); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if calls := len(server.Calls()); broken != (calls == 0) {
				t.Errorf("%d calls to AWS", calls)
			}
			template, err := os.ReadFile(filepath.Join(*app.Outdir(), "S.template.json"))
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{`"Content":`, `"kms:Decrypt"`, keyEU, roleEU} {
				if broken && strings.Contains(string(template), part) {
					t.Errorf("the template of a file that breaks the policy has %s", part)
				}
			}
			if got, err := filepolicy.Read(*app.Outdir()); err != nil || got.MinRegions != c.policy.MinRegions {
				t.Errorf("the assembly has the policy %+v (%v)", got, err)
			}
		})
	}
}

// A file of a stack that the command does not need may break the policy: cdk destroy needs
// no file. Nothing is decrypted without a stack, with sops:decrypt=skip, either.
func TestFilePolicyOfStacksThatAreNotNeeded(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(map[string]any{"aws:cdk:bundling-stacks": []any{"Other"}})
	sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{AllowedKeys: []string{keyUS}})
	newSecret(stack, "Credentials", fromX)
	stack.Node().Root().(awscdk.App).Synth(nil)
	if got := strings.Join(warnings(stack), "\n"); !strings.Contains(got, `the file names the kms key "`+keyEU+`", which is not among the allowed keys`) {
		t.Errorf("got %s", got)
	}

	stack = newStack(map[string]any{"sops:decrypt": "skip"})
	sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{AllowedKeys: []string{keyUS}})
	newSecret(stack, "Credentials", fromX)
	if got := synthFailure(t, stack); !strings.Contains(got, "ValidationFailed") {
		t.Errorf("got %s", got)
	}
}

// A secret with its value in the template gets none from a file that breaks the policy.
func TestFilePolicyOfUnsafePlaintext(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{AllowedKeys: []string{keyUS}})
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", UnsafePlaintextInTemplate: true})
	if got := synthFailure(t, stack); !strings.Contains(got, "ValidationFailed") {
		t.Errorf("got %s", got)
	}
	template, err := os.ReadFile(filepath.Join(*stack.Node().Root().(awscdk.App).Outdir(), "S.template.json"))
	if err != nil || strings.Contains(string(template), "SecretString") {
		t.Errorf("the template has a value, or is not there (%v)", err)
	}
}

// The function holds an object in a bucket against what the policy and the file's own list
// both allow.
func TestFilePolicyInABucket(t *testing.T) {
	openable(t)
	file := standard(clear)
	write(t, "x.sops.json", file)
	recipient := file.Age[0]
	all := []string{keyEU, keyUS, recipient}
	for _, c := range []struct {
		name        string
		policy, own []string
		want        string
	}{
		{"of the policy", all, nil, text(all)},
		{"of both", all, []string{keyEU, recipient, roleEU}, text([]string{keyEU, recipient})},
	} {
		stack := newStack(nil)
		sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{AllowedKeys: c.policy})
		newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", AllowedKeys: append(c.own, c.own...),
			Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), new("bucket")), Key: "y.sops.json"}))
		if got := text(only(t, stack, syncprotocol.ResourceType).at("File", "AllowedKeys")); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// An object that nobody has seen may name no key either that the policy does not allow.
func TestFilePolicyOfAnObjectAlone(t *testing.T) {
	openable(t)
	with := func(context string) string { return keyEU + "|" + context }
	for name, c := range map[string]struct {
		policy []string
		want   string // "" where it is allowed
	}{
		"allowed":         {[]string{with(`secret:prod/database,team:a`)}, ""},
		"another key":     {[]string{keyUS + "|secret:prod/database,team:a"}, `DecryptionKeys against the AllowedKeys of the file policy: the file names the kms key "` + keyEU + `"`},
		"another context": {[]string{keyEU, with("secret:prod/admin,team:a")}, `which is not among the allowed keys as KEY|NAME:VALUE`},
	} {
		stack := newStack(nil)
		sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{AllowedKeys: c.policy})
		make := func() {
			newSecret(stack, "Credentials", inBucket(stack, sopsconstructs.SopsFile{Key: "k.json", DecryptionKeys: importedKeys(stack), DecryptionContext: ownContext}))
		}
		if c.want == "" {
			make()
			continue
		}
		if got := panicOf(t, make); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// Where the file at Path breaks the policy, the object beside it is not in the template,
// where nothing would bind it.
func TestFilePolicyOfAnObjectBesideAFile(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{KeyTypes: []sopsconstructs.KeyType{sopsconstructs.KeyTypePGP}})
	newSecret(stack, "Credentials", inBucket(stack, sopsconstructs.SopsFile{Path: "x.sops.json", Key: "k.json"}))
	if got := synthFailure(t, stack); !strings.Contains(got, "ValidationFailed") {
		t.Errorf("got %s", got)
	}
	template, err := os.ReadFile(filepath.Join(*stack.Node().Root().(awscdk.App).Outdir(), "S.template.json"))
	if err != nil || !strings.Contains(string(template), syncprotocol.ResourceType) || strings.Contains(string(template), "k.json") {
		t.Errorf("the template has the object, or is not there (%v)", err)
	}
}

// What an app without a policy leaves in the assembly: nothing, also after one with it.
func TestNoFilePolicyInTheAssembly(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	out := t.TempDir()
	for _, policy := range []bool{true, false} {
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
		if policy {
			sopsconstructs.SetFilePolicy(app, sopsconstructs.FilePolicy{MinRegions: 1})
		}
		newSecret(awscdk.NewStack(app, new("S"), nil), "Credentials", fromX)
		app.Synth(nil)
		if _, err := os.Stat(filepath.Join(out, filepolicy.FileName)); (err == nil) != policy {
			t.Errorf("with a policy: %v; the file: %v", policy, err)
		}
	}
}

func TestSetFilePolicyMisuse(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	regions := sopsconstructs.FilePolicy{MinRegions: 1}
	for name, c := range map[string]struct {
		use  func(stack awscdk.Stack)
		want string
	}{
		"no rule": {func(stack awscdk.Stack) { sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{}) },
			"constructs: SetFilePolicy: it sets no rule; set one, or leave the policy out"},
		"no types": {func(stack awscdk.Stack) {
			sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{KeyTypes: []sopsconstructs.KeyType{}})
		}, "constructs: SetFilePolicy: KeyTypes is empty; name types of keys, or leave it out"},
		"twice": {func(stack awscdk.Stack) {
			sopsconstructs.SetFilePolicy(stack, regions)
			sopsconstructs.SetFilePolicy(stack, regions)
		}, "constructs: SetFilePolicy was called before; an app has one policy, so put all rules into it"},
		"after a secret": {func(stack awscdk.Stack) {
			newSecret(stack, "Credentials", fromX)
			sopsconstructs.SetFilePolicy(awscdk.NewStack(stack.Node().Root().(awscdk.App), new("Other"), nil), regions)
		}, `constructs: SetFilePolicy comes after SopsSecret "S/Credentials", whose file it no longer checks; call it before the first construct that takes a file`},
		"after an import": {func(stack awscdk.Stack) {
			sopsconstructs.ImportSopsSecret(stack, "Credentials", &sopsconstructs.ImportSopsSecretProps{SecretName: "name", SopsFilePath: "x.sops.json"})
			sopsconstructs.SetFilePolicy(stack, regions)
		}, `constructs: SetFilePolicy comes after ImportedSopsSecret "S/Credentials", whose file it no longer checks; call it before the first construct that takes a file`},
	} {
		if got := panicOf(t, func() { c.use(newStack(nil)) }); got != c.want {
			t.Errorf("%s: got %s", name, got)
		}
	}
	sopsconstructs.SetFilePolicy(newStack(nil), regions) // of another app
}
