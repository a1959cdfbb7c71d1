package stacks_test

import (
	"archive/zip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
	"github.com/ebb7bed6/sopscdk/stacks"
)

var update = flag.Bool("update", false, "write the golden templates anew")

func TestMain(m *testing.M) {
	flag.Parse()
	sopstest.WithoutValidation()
	// Once per process, before a test leaves the module's folders.
	if _, err := functionbuild.Build(functionbuild.ARM64); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	settings, err := os.ReadFile("../cdk.json")
	if err == nil {
		err = json.Unmarshal(settings, &cdkJSON)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := startKMS(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if assemblies, err = os.MkdirTemp("", "stacks"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(assemblies)
	kms.Close()
	jsii.Close()
	os.Exit(code)
}

// assemblies is the folder of all that the tests synthesize.
var assemblies string

// cdkJSON is cdk.json: the context in it, the CDK's feature flags, shapes the templates.
var cdkJSON struct{ Context map[string]any }

// newApp is an app as the cdk command makes it: with the context of cdk.json and
// then that of the command's line.
func newApp(out string, context map[string]any) awscdk.App {
	all := maps.Clone(cdkJSON.Context)
	maps.Copy(all, context)
	return awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &all, AnalyticsReporting: new(false)})
}

// values are what the file of stage dev holds.
var values = map[string]string{
	"my_first_secret": "demo-value-one", "my_second_secret": "demo-value-two", "my_api_key": "demo-value-three",
}

const account = "111122223333"

// kms stands for AWS: it has the keys of the stages dev and prod, for their roles alone.
var kms *awstest.Server

// keyOf is the stage's key in a region as the file of the stage names it.
func keyOf(stage, region, account string) sopstest.KMS {
	name := "sops-" + stage + "-key-" + region[:2]
	return sopstest.KMS{
		ARN:    "arn:aws:kms:" + region + ":" + account + ":alias/" + name,
		Role:   "arn:aws:iam::" + account + ":role/sops-" + stage + "-role",
		Target: "arn:aws:kms:" + region + ":" + account + ":key/" + name,
	}
}

func startKMS() (err error) {
	if kms, err = awstest.Start(); err != nil {
		return err
	}
	for _, stage := range []string{"dev", "prod"} {
		for _, region := range []string{stacks.RegionEU, stacks.RegionUS} {
			for _, account := range []string{account, "444455556666"} {
				key := keyOf(stage, region, account)
				kms.AddAlias(key.ARN, kms.AddKey(key.Target).LimitTo(key.Role))
			}
		}
	}
	return nil
}

// sample is a file for stage dev like the one that sops makes.
func sample(t *testing.T, account string) []byte {
	t.Helper()
	clear, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return encrypt(t, sopstest.File{
		JSON: string(clear),
		KMS:  []sopstest.KMS{keyOf("dev", stacks.RegionEU, account), keyOf("dev", stacks.RegionUS, account)},
	})
}

func encrypt(t *testing.T, file sopstest.File) []byte {
	t.Helper()
	content, err := file.Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// dev is the assembly of stage dev with its defaults, and the file in it: made
// once, since most tests look at it.
var dev struct {
	once    sync.Once
	out     string
	content []byte
}

func devAssembly(t *testing.T) string {
	t.Helper()
	dev.once.Do(func() {
		dev.content = sample(t, account)
		dev.out = synthFile(t, dev.content, nil, stacks.Props{})
	})
	return dev.out
}

// synthFile synthesizes the system as app.go does, in a folder with this file for
// stage dev. It returns the assembly's folder.
func synthFile(t *testing.T, content []byte, context map[string]any, props stacks.Props) string {
	t.Helper()
	inFolderWith(t, "sops/mymanagedsecrets.sops.json", content)
	out, err := os.MkdirTemp(assemblies, "")
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(out, context)
	stacks.New(app, &props)
	app.Synth(nil)
	return out
}

// inFolderWith moves the test to a folder with that file, on a machine that may use the
// stages' keys.
func inFolderWith(t *testing.T, path string, content []byte) {
	t.Helper()
	sopstest.Isolate(t)
	kms.Setenv(t)
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// template is a synthesized template.
type template struct {
	text      string
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
}

type resource struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
}

func read(t *testing.T, out, stack string) template {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(out, stack+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	parsed := template{text: string(content)}
	if err := json.Unmarshal(content, &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// only returns the one resource of a type.
func (tm template) only(t *testing.T, kind string) resource {
	t.Helper()
	var found []resource
	for _, r := range tm.Resources {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d resources of type %s, want 1", len(found), kind)
	}
	return found[0]
}

func text(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

var devStacks = []string{"SopsDevRoleStack", "SopsKmsKeyUsStack", "SopsSecretsManagerStack", "SopsPipelineStack"}

// What changes from run to run: the function's name in the assets' bucket, with
// every release of Go, and the file, which is encrypted anew.
var (
	assetHash = regexp.MustCompile(`[0-9a-f]{64}\.zip`)
	file      = regexp.MustCompile(`("Content": )"[^"]+"`)
	gitBlob   = regexp.MustCompile(`"[0-9a-f]{40}"`)
	print     = regexp.MustCompile(`"[0-9a-f]{12}"`)
)

func TestGolden(t *testing.T) {
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	out := devAssembly(t)
	for _, stack := range devStacks {
		got := assetHash.ReplaceAllString(read(t, out, stack).text, "ASSET.zip") + "\n"
		got = gitBlob.ReplaceAllString(file.ReplaceAllString(got, `$1"FILE"`), `"BLOB"`)
		got = print.ReplaceAllString(got, `"FINGERPRINT"`)
		golden := filepath.Join(testdata, stack+".template.json")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from its golden template; look at it with \"go test ./stacks -update\" and git diff", stack)
		}
	}
}

func TestRole(t *testing.T) {
	role := read(t, devAssembly(t), "SopsDevRoleStack")
	got := role.only(t, "AWS::IAM::Role").Properties
	if got["RoleName"] != "sops-dev-role" || got["ManagedPolicyArns"] != nil || got["Policies"] != nil {
		t.Errorf("role: %s", text(got))
	}
	trust := got["AssumeRolePolicyDocument"].(map[string]any)["Statement"]
	if want := `[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"AWS":{"Fn::Join":["",["arn:aws:iam::",{"Ref":"AWS::AccountId"},":root"]]}}}]`; text(trust) != want {
		t.Errorf("trust:\ngot  %s\nwant %s", text(trust), want)
	}

	var keyID string
	for id, r := range role.Resources {
		if r.Type == "AWS::KMS::Key" {
			keyID = id
		}
	}
	const actions = `"Action":["kms:Decrypt","kms:DescribeKey","kms:Encrypt","kms:GenerateDataKey*","kms:ReEncrypt*"]`
	want := `[{` + actions + `,"Effect":"Allow","Resource":{"Fn::GetAtt":["` + keyID + `","Arn"]},"Sid":"SOPSDevActions"},` +
		`{` + actions + `,"Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/sops-dev-key-us"}},"Effect":"Allow",` +
		`"Resource":{"Fn::Join":["",["arn:aws:kms:us-east-1:",{"Ref":"AWS::AccountId"},":key/*"]]},"Sid":"SOPSDevActionsUS"}]`
	policy := role.only(t, "AWS::IAM::Policy").Properties["PolicyDocument"].(map[string]any)["Statement"]
	if text(policy) != want {
		t.Errorf("policy:\ngot  %s\nwant %s", text(policy), want)
	}
}

func TestKeys(t *testing.T) {
	out := devAssembly(t)
	for stack, alias := range map[string]string{
		"SopsDevRoleStack": "alias/sops-dev-key-eu", "SopsKmsKeyUsStack": "alias/sops-dev-key-us",
	} {
		tm := read(t, out, stack)
		key := tm.only(t, "AWS::KMS::Key")
		if key.Properties["PendingWindowInDays"] != 7.0 || key.DeletionPolicy != "Delete" || key.Properties["EnableKeyRotation"] == true {
			t.Errorf("%s: key %s, DeletionPolicy %s", stack, text(key.Properties), key.DeletionPolicy)
		}
		// The account alone: its policies decide who may use the key.
		want := `[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":{"Fn::Join":["",["arn:aws:iam::",{"Ref":"AWS::AccountId"},":root"]]}},"Resource":"*"}]`
		if got := text(key.Properties["KeyPolicy"].(map[string]any)["Statement"]); got != want {
			t.Errorf("%s: key policy\ngot  %s\nwant %s", stack, got, want)
		}
		if got := tm.only(t, "AWS::KMS::Alias").Properties["AliasName"]; got != alias {
			t.Errorf("%s: alias %v, want %s", stack, got, alias)
		}
		if got := text(tm.Outputs["SopsMasterKey"].Value); !strings.Contains(got, `:`+alias+`"`) || !strings.Contains(got, `"+"`) {
			t.Errorf("%s: the output is %s, want %s and the role", stack, got, alias)
		}
	}
}

func TestSecret(t *testing.T) {
	tm := read(t, devAssembly(t), "SopsSecretsManagerStack")
	secret := tm.only(t, "AWS::SecretsManager::Secret")
	if secret.Properties["Name"] != "sops_credentials" || secret.DeletionPolicy != "Delete" {
		t.Errorf("secret: %s, DeletionPolicy %s", text(secret.Properties), secret.DeletionPolicy)
	}
	sync := tm.only(t, "Custom::SopsSync").Properties
	if file := sync["File"].(map[string]any); file["Name"] != "sops/mymanagedsecrets.sops.json" || file["Content"] == "" {
		t.Errorf("sync: %s", text(sync))
	}
	// The keys are used through the role that its metadata names.
	policy := text(tm.only(t, "AWS::IAM::Policy").Properties)
	if !strings.Contains(policy, `"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::111122223333:role/sops-dev-role"`) {
		t.Error("the function may not assume the role that the file names")
	}
	if strings.Contains(policy, "kms:") {
		t.Error("the function may use the keys without the role")
	}
}

func TestPipeline(t *testing.T) {
	tm := read(t, devAssembly(t), "SopsPipelineStack")
	variables := tm.only(t, "AWS::CodeBuild::Project").Properties["Environment"].(map[string]any)["EnvironmentVariables"].([]any)
	if len(variables) != 2 {
		t.Fatalf("got %d variables, want 2", len(variables))
	}
	for i, want := range []struct{ name, key string }{{"MY_API_KEY", ":my_api_key"}, {"MY_FIRST_SECRET", ":my_first_secret"}} {
		variable := variables[i].(map[string]any)
		if variable["Name"] != want.name || variable["Type"] != "SECRETS_MANAGER" || !strings.Contains(text(variable["Value"]), `SopsCredentialsSync`) ||
			!strings.HasSuffix(text(variable["Value"]), want.key+`"]]}`) {
			t.Errorf("variable %d: %s", i, text(variable))
		}
	}
	if policy := text(tm.only(t, "AWS::IAM::Policy").Properties); !strings.Contains(policy, `"secretsmanager:DescribeSecret","secretsmanager:GetSecretValue"`) {
		t.Error("the project's role cannot read the secret")
	}
}

func TestTags(t *testing.T) {
	out := devAssembly(t)
	taggable := map[string]bool{
		"AWS::KMS::Key": true, "AWS::IAM::Role": true, "AWS::SecretsManager::Secret": true,
		"AWS::Lambda::Function": true, "AWS::Logs::LogGroup": true, "AWS::CodeBuild::Project": true,
	}
	tagged := 0
	for _, stack := range devStacks {
		for id, r := range read(t, out, stack).Resources {
			if !taggable[r.Type] {
				continue
			}
			tagged++
			tags := text(r.Properties["Tags"])
			for _, want := range []string{`{"Key":"Application","Value":"sops"}`, `{"Key":"Stage","Value":"dev"}`} {
				if !strings.Contains(tags, want) {
					t.Errorf("%s %s: tags %s, want %s among them", stack, id, tags, want)
				}
			}
		}
	}
	if tagged != 9 {
		t.Errorf("%d resources with tags, want 9", tagged)
	}
}

func TestAccount(t *testing.T) {
	agnostic := devAssembly(t)
	given := synthFile(t, sample(t, "444455556666"), nil, stacks.Props{Account: "444455556666"})
	for out, want := range map[string]string{agnostic: "aws://unknown-account/eu-west-1", given: "aws://444455556666/eu-west-1"} {
		manifest, err := os.ReadFile(filepath.Join(out, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(manifest), want) {
			t.Errorf("the assembly has no stack in %s", want)
		}
	}
}

// A stage of its own shares no stack and no named resource with dev, and loses
// nothing when a stack goes.
func TestAnotherStage(t *testing.T) {
	t.Chdir(t.TempDir())
	out := t.TempDir()
	// The stage's file is made after its keys: the key stacks alone are needed here.
	app := newApp(out, map[string]any{"aws:cdk:bundling-stacks": []string{"SopsProdRoleStack"}})
	stacks.New(app, &stacks.Props{Stage: "prod"})
	app.Synth(nil)

	role, us := read(t, out, "SopsProdRoleStack"), read(t, out, "SopsProdKmsKeyUsStack")
	secrets, pipeline := read(t, out, "SopsProdSecretsManagerStack"), read(t, out, "SopsProdPipelineStack")
	for _, tm := range []template{role, us} {
		key := tm.only(t, "AWS::KMS::Key")
		if key.DeletionPolicy != "RetainExceptOnCreate" || key.Properties["EnableKeyRotation"] != true || key.Properties["PendingWindowInDays"] != 30.0 {
			t.Errorf("key: %s, DeletionPolicy %s", text(key.Properties), key.DeletionPolicy)
		}
	}
	if secret := secrets.only(t, "AWS::SecretsManager::Secret"); secret.DeletionPolicy != "RetainExceptOnCreate" || secret.Properties["Name"] != "sops_credentials_prod" {
		t.Errorf("secret: %s, DeletionPolicy %s", text(secret.Properties), secret.DeletionPolicy)
	}
	if got := secrets.only(t, "Custom::SopsSync").Properties["File"].(map[string]any)["Name"]; got != "sops/prod/mymanagedsecrets.sops.json" {
		t.Errorf("file: %v", got)
	}
	for _, tm := range []template{role, us, secrets, pipeline} {
		for _, dev := range []string{"sops-dev", `"sops_credentials"`, "SopsSecretsManagerStack", `"dev"`, "SOPSDev"} {
			if strings.Contains(tm.text, dev) {
				t.Errorf("%s, a name of stage dev, is in a template of prod", dev)
			}
		}
	}
}

func TestMisuse(t *testing.T) {
	for want, props := range map[string]stacks.Props{
		`stacks: stage "Prod" is not a name; use a lower-case letter, then up to 15 lower-case letters, digits and single hyphens`:   {Stage: "Prod"},
		`stacks: stage "../dev" is not a name; use a lower-case letter, then up to 15 lower-case letters, digits and single hyphens`: {Stage: "../dev"},
		`stacks: account "1234" is not an AWS account; it has twelve digits`:                                                         {Account: "1234"},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}()
			stacks.New(awscdk.NewApp(nil), &props)
		}()
	}
}

// No value is in any file of the assembly: as it stands, in the function's zip, or
// in the file that the template carries.
func TestNoValueInTheAssembly(t *testing.T) {
	out := devAssembly(t)
	encoded := read(t, out, "SopsSecretsManagerStack").only(t, "Custom::SopsSync").Properties["File"].(map[string]any)["Content"].(string)
	carried, err := syncprotocol.DecodeFile(encoded)
	if err != nil {
		t.Fatal(err)
	}
	contents := map[string][]byte{"the carried file": carried}
	err = filepath.WalkDir(out, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if filepath.Ext(path) == ".zip" {
			return unzip(path, contents)
		}
		contents[filepath.Base(path)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, there := contents["bootstrap"]; !there || len(contents) < 10 || !strings.Contains(string(carried), "my_api_key") {
		t.Fatal("the assembly was not read")
	}
	for name, content := range contents {
		for _, value := range values {
			if strings.Contains(string(content), value) {
				t.Errorf("a value of the file is in %s", name)
			}
		}
	}
}

func unzip(path string, contents map[string][]byte) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer archive.Close()
	for _, file := range archive.File {
		content, err := archive.Open(file.Name)
		if err != nil {
			return err
		}
		if contents[file.Name], err = io.ReadAll(content); err != nil {
			return err
		}
	}
	return nil
}

func TestSkipGivesTheSameTemplates(t *testing.T) {
	decrypted := devAssembly(t)
	skipped := synthFile(t, dev.content, map[string]any{"sops:decrypt": "skip"}, stacks.Props{})
	for _, stack := range devStacks {
		if read(t, decrypted, stack).text != read(t, skipped, stack).text {
			t.Errorf("%s differs", stack)
		}
	}
}
