package sopsconstructs_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// writeAll puts files into a new folder and goes there.
func writeAll(t *testing.T, files map[string]sopstest.File) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range slices.Sorted(maps.Keys(files)) {
		content, err := files[name].Encrypt()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// inUS is a file that the function opens with the key in the US alone.
func inUS(clear string) sopstest.File {
	file := standard(clear)
	file.KMS[0].ARN = keyUS
	return file
}

func TestOverlay(t *testing.T) {
	openable(t)
	writeAll(t, map[string]sopstest.File{
		"common.json": standard(`{"db": {"user": "demo-value-1", "pass": "demo-value-2"}, "x": "demo-value-3"}`),
		"prod.json":   inUS(`{"db": {"pass": "demo-value-4", "port": 5432}}`),
	})
	stack := newStack(nil)
	common, prod := &sopsconstructs.SopsFile{Path: "common.json"}, &sopsconstructs.SopsFile{Path: "prod.json"}
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFile: common.Overlay(prod)})
	for _, name := range []string{"db.user", "db.pass", "x", "db.port"} {
		s.Key(name)
	}
	if got, want := panicOf(t, func() { s.Key("db.prt") }), `constructs: SopsSecret "S/Credentials": no key "db.prt" in common.json + prod.json; did you mean "db.port"?`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	file := only(t, stack, syncprotocol.ResourceType).at("File").(map[string]any)
	files := file["Files"].([]any)
	if file["Combine"] != "overlay" || len(file) != 2 || len(files) != 2 || field(files[1].(map[string]any), "Name") != "prod.json" || field(files[0].(map[string]any), "Content") == nil {
		t.Errorf("the function is told %s", text(file))
	}
	tags := text(only(t, stack, "AWS::SecretsManager::Secret").Properties["Tags"])
	if !strings.Contains(tags, `"common.json + prod.json"`) || strings.Count(tags, `"sops:git-blob"`) != 1 {
		t.Errorf("the tags are %s", tags)
	}
	d := deploy(t, stack, "eu-west-1", nil)
	for _, key := range []string{keyEU, keyUS} {
		if !d.may(t, iameval.Request{Action: "kms:Decrypt", Resource: key}) {
			t.Errorf("the function may not decrypt with %s", key)
		}
	}
	called := map[string]bool{}
	for _, call := range d.run(t, surroundings{keys: []string{keyEU, keyUS}}, "DisabledException") {
		called[call.Resource] = true
	}
	if !called[keyEU] {
		t.Errorf("the function asked %v", called)
	}
}

func TestMergeFiles(t *testing.T) {
	openable(t)
	writeAll(t, map[string]sopstest.File{
		"a.json": standard(`{"db": {"user": "demo-value-1"}, "a": "demo-value-2"}`),
		"b.json": inUS(`{"db": {"pass": "demo-value-3"}}`),
		"c.json": standard(`{"part": {"a": "demo-value-4"}}`),
	})
	a, b, c := &sopsconstructs.SopsFile{Path: "a.json"}, &sopsconstructs.SopsFile{Path: "b.json"}, &sopsconstructs.SopsFile{Path: "c.json"}
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFile: sopsconstructs.MergeFiles(a, b, c)})
	for _, name := range []string{"db.user", "db.pass", "a", "part.a"} {
		s.Key(name)
	}
	newSecret(stack, "Db", sopsconstructs.SopsSecretProps{SopsFile: sopsconstructs.MergeFiles(a, b).Select("db")}).Key("pass")
	newSecret(stack, "All", sopsconstructs.SopsSecretProps{SopsFile: sopsconstructs.MergeFiles(b, a.Overlay(c.Select("part")))}).Key("db.pass")
	newSecret(stack, "One", sopsconstructs.SopsSecretProps{SopsFile: a.Overlay(b, c), Output: sopsconstructs.OutputValue("part.a")}).SecretValue()
	stack.Node().Root().(awscdk.App).Synth(nil)
	sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "n", SopsFile: sopsconstructs.MergeFiles(a, b)}).Key("db.pass")

	const round = "\nto go on with another stack than \"S\", name that one alone: cdk deploy -e STACK"
	bucket := func(f sopsconstructs.SopsFile) *sopsconstructs.SopsFile { return &f }
	set := a.Overlay(b)
	set.Path = "a.json"
	many := make([]*sopsconstructs.SopsFile, 17)
	for i := range many {
		many[i] = a
	}
	for _, tt := range []struct {
		name   string
		file   *sopsconstructs.SopsFile
		output sopsconstructs.Output
		want   string
	}{
		{"a name in both", sopsconstructs.MergeFiles(a, b, c.Select("part")), "", `both a.json and c.json:part have "a"; take it out of one of them, or use Overlay, where the later file's lands` + round},
		{"raw", a.Overlay(b), sopsconstructs.OutputRaw, `a.json + b.json: a part of a file, or several files together, have neither a raw text nor binary content; use OutputFlatJSON, OutputNestedJSON or OutputValue` + round},
		{"none", sopsconstructs.MergeFiles(), "", `MergeFiles has fewer than two files; pass the others, or the one file itself`},
		{"one", a.Overlay(), "", `Overlay has fewer than two files; pass the others, or the one file itself`},
		{"a file that is nil", a.Overlay(nil), "", `a file of Overlay is nil; pass files alone`},
		{"too many", sopsconstructs.MergeFiles(many...), "", `MergeFiles has 17 files; at most 16 are allowed`},
		{"a field that would have no effect", set, "", `a field is set on what Overlay returned, where it has no effect; set it on each of the files`},
		{"a file that is wrong", a.Overlay(bucket(sopsconstructs.SopsFile{Path: "b.json", Format: "toml"})), "", `unknown Format "toml"; known are "json", "yaml", "dotenv", "ini", "binary"`},
		{"a file that is not there", a.Overlay(bucket(sopsconstructs.SopsFile{Path: "d.json"})), "", `there is no file d.json in FOLDER; create it with "sops edit d.json"` + round},
		{"keys that are not allowed", a.Overlay(bucket(sopsconstructs.SopsFile{Path: "b.json", AllowedKeys: []string{keyEU}})), "",
			`b.json: the file names the kms key "` + keyUS + `", which is not among the allowed keys; add it to AllowedKeys if it may be used, else take it out of the file with "sops rotate"` + round},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := failure(t, newStack(nil), sopsconstructs.SopsSecretProps{SopsFile: tt.file, Output: tt.output})
			folder, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.ReplaceAll(got, folder, "FOLDER"), `constructs: SopsSecret "S/Credentials": `+tt.want; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Files of different ways: in a bucket, as assets, opened with age. Each right is there,
// and what is not here is not checked, while what is here is verified.
func TestFilesOfDifferentWays(t *testing.T) {
	openable(t)
	age := standard(`{"age": "demo-value-1"}`)
	age.KMS = nil
	tampered := standard(`{"t": "demo-value-2"}`)
	tampered.WrongMAC = true
	writeAll(t, map[string]sopstest.File{"large.json": large(2800), "larger.json": large(2801), "age.json": age, "tampered.json": tampered})
	make := func(path string) awscdk.Stack {
		stack := newStack(nil)
		of := func(object string) *sopsconstructs.SopsFile {
			return &sopsconstructs.SopsFile{Key: object, DecryptionKeys: []awskms.IKey{awskms.Key_FromKeyArn(stack, new("Key"+object[:1]), new(keyUS))},
				DecryptionContext: map[string]string{"secret": object},
				Bucket:            awss3.Bucket_FromBucketName(stack, new("Bucket"+object[:1]), new("bucket-"+object[:1]))}
		}
		s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFile: of("a.json").Overlay(
			of("b.json"),
			&sopsconstructs.SopsFile{Path: "large.json"}, &sopsconstructs.SopsFile{Path: "larger.json"},
			&sopsconstructs.SopsFile{Path: path, AgeIdentities: []*sopsconstructs.AgeIdentity{
				sopsconstructs.AgeIdentityFromSecret(awssecretsmanager.Secret_FromSecretNameV2(stack, new("Identity"), new("identity"))),
			}},
		)})
		s.Key("any name, since not all are known")
		return stack
	}
	stack := make("age.json")
	d := deploy(t, stack, "eu-west-1", nil)
	files := field(d.syncs[0], "File", "Files").([]any)
	objects := map[string]bool{"arn:aws:s3:::bucket-a/a.json": true, "arn:aws:s3:::bucket-b/b.json": true}
	for _, f := range files[2:4] {
		f := f.(map[string]any)
		objects["arn:aws:s3:::"+f["Bucket"].(string)+"/"+f["Key"].(string)] = true
	}
	if len(objects) != 4 {
		t.Errorf("got the files %s", text(files))
	}
	for object := range objects {
		if !d.may(t, iameval.Request{Action: "s3:GetObject", Resource: object}) {
			t.Errorf("the function may not read %s", object)
		}
	}
	for _, request := range []iameval.Request{
		surroundings{}.request(awstest.Call{Service: "kms", Action: "Decrypt", Resource: keyUS, Context: map[string]string{"secret": "a.json"}}),
		surroundings{}.request(awstest.Call{Service: "kms", Action: "Decrypt", Resource: keyUS, Context: map[string]string{"secret": "b.json"}}),
		{Action: "secretsmanager:GetSecretValue", Resource: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:identity-AbCdEf"},
	} {
		if !d.may(t, request) {
			t.Errorf("the function may not %s with %v", request.Action, request.Context)
		}
	}
	stack.Node().Root().(awscdk.App).Synth(nil)
	if got := synthFailure(t, make("tampered.json")); !strings.Contains(got, "tampered.json: the file's message authentication code") {
		t.Errorf("got %s", got)
	}
}
