package sopsconstructs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// The most bytes of files, as encoded, that a template carries: of one, and of all.
const (
	inlineFile  = 200_000
	inlineStack = 500_000
)

// carried returns the size of the file that the template carries for each secret, by
// the secret's id; 0 for one that is in a bucket.
func carried(t *testing.T, stack awscdk.Stack, ids ...string) map[string]int {
	t.Helper()
	sizes := map[string]int{}
	for _, sync := range resources(t, stack, syncprotocol.ResourceType) {
		for _, id := range ids {
			if len(sync.ID) > len(id) && sync.ID[:len(id)] == id {
				file, _ := sync.at("File", "Content").(string)
				sizes[id] = len(file)
			}
		}
	}
	return sizes
}

func TestALargeFileIsAnAsset(t *testing.T) {
	openable(t)
	write(t, "sops/x.sops.json", large(2800))
	content := read(t, "sops/x.sops.json")
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, new("S"), &awscdk.StackProps{Env: &awscdk.Environment{Region: new("eu-west-1")}})
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "sops/x.sops.json"})

	encoded, err := syncprotocol.EncodeFile(content)
	if err != nil {
		t.Fatal(err)
	}
	if len(encoded) <= inlineFile {
		t.Fatalf("the file has %d bytes as encoded, too few for this test", len(encoded))
	}
	d := deploy(t, stack, "eu-west-1", nil)
	sync := d.syncs[0]
	if field(sync, "File", "Content") != nil || field(sync, "File", "Name") != "sops/x.sops.json" {
		t.Errorf("the template carries the file, or not its name %v", field(sync, "File", "Name"))
	}
	key, _ := field(sync, "File", "Key").(string)
	assets, err := filepath.Glob(filepath.Join(*app.Synth(nil).Directory(), "asset."+key))
	if err != nil || len(assets) != 1 {
		t.Fatalf("%d assets are the object %q, want one (%v)", len(assets), key, err)
	}
	got, err := os.ReadFile(assets[0])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, content) {
		t.Error("the asset is not the encrypted file itself")
	}
}

// A large file that several secrets take is uploaded once, and read and decrypted once.
func TestASharedFileIsOneAsset(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", large(2800))
	app := awscdk.NewApp(nil)
	keys := map[any]bool{}
	for _, id := range []string{"One", "Two"} {
		stack := at(app, id, account, ireland)
		for _, secret := range []string{"A", "B"} {
			newSecret(stack, secret, fromX)
		}
	}
	if err := os.Remove("x.sops.json"); err != nil { // the CDK has its copy
		t.Fatal(err)
	}
	for _, id := range []string{"One", "Two"} {
		for _, sync := range resources(t, app.Node().FindChild(&id).(awscdk.Stack), syncprotocol.ResourceType) {
			keys[sync.at("File", "Key")] = true
		}
	}
	if len(keys) != 1 {
		t.Errorf("the file is %d objects: %v", len(keys), keys)
	}
}

// In partitions where it is not known that events may have 1 MB, half as much travels.
func TestLessTravelsInOtherPartitions(t *testing.T) {
	sopstest.Isolate(t)
	write(t, "x.sops.json", large(2000))
	encoded, err := syncprotocol.EncodeFile(read(t, "x.sops.json"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(encoded); n <= inlineFile/2 || n > inlineFile {
		t.Fatalf("the file has %d bytes as encoded, which this test does not fit", n)
	}
	for region, travels := range map[string]bool{
		"eu-west-1": true, "us-gov-west-1": true, "cn-north-1": false, "cn-northwest-1": false, "us-iso-east-1": false, "us-isob-east-1": false,
	} {
		stack := stackIn(region, map[string]any{"sops:decrypt": "skip"})
		newSecret(stack, "Credentials", fromX)
		if got := carried(t, stack, "Credentials")["Credentials"] > 0; got != travels {
			t.Errorf("%s: the template carries the file: %v, want %v", region, got, travels)
		}
	}
}

func TestTogetherLargeFilesAreAssets(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", large(2400))
	content, err := syncprotocol.EncodeFile(read(t, "x.sops.json"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(content); n > inlineFile || 2*n > inlineStack || 3*n <= inlineStack {
		t.Fatalf("the file has %d bytes as encoded, which this test does not fit", n)
	}
	small, err := standard(clear).Encrypt()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("small.sops.json", small, 0o644); err != nil {
		t.Fatal(err)
	}
	context := map[string]any{"sops:decrypt": "skip"}
	stack := newStack(context)
	for _, id := range []string{"One", "Two", "Three"} {
		newSecret(stack, id, sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	}
	newSecret(stack, "Small", sopsconstructs.SopsSecretProps{SopsFilePath: "small.sops.json"})
	other := awscdk.NewStack(stack.Node().Root().(awscdk.App), new("Other"), nil)
	newSecret(other, "Four", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})

	sizes := carried(t, stack, "One", "Two", "Three", "Small")
	if sizes["One"] == 0 || sizes["Two"] == 0 || sizes["Three"] != 0 || sizes["Small"] == 0 {
		t.Errorf("the template carries %v bytes, want all but Three", sizes)
	}
	if carried(t, other, "Four")["Four"] == 0 {
		t.Error("another stack's template does not carry the file, and it has room for it")
	}
	// The way says nothing about where the value comes from.
	tags := map[string]bool{}
	for _, secret := range resources(t, stack, "AWS::SecretsManager::Secret") {
		if all := text(secret.Properties["Tags"]); secret.ID[:2] != "Sm" {
			tags[all] = true
		}
	}
	if len(tags) != 1 {
		t.Errorf("one file has different tags by how it travels: %v", tags)
	}
}

// The object's content is another's business: it is neither read nor copied.
func TestAFileInTheUsersBucket(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for name, props := range map[string]func(awscdk.Stack) sopsconstructs.SopsSecretProps{
		"literals": func(stack awscdk.Stack) sopsconstructs.SopsSecretProps {
			return ofFile(sopsconstructs.SopsFile{Path: "x.sops.json",
				Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket")), Key: "k/x.json"})
		},
		"parameters": func(stack awscdk.Stack) sopsconstructs.SopsSecretProps {
			bucket, key := awscdk.NewCfnParameter(stack, new("BucketName"), nil), awscdk.NewCfnParameter(stack, new("ObjectKey"), nil)
			return ofFile(sopsconstructs.SopsFile{Path: "x.sops.json",
				Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), bucket.ValueAsString()), Key: *key.ValueAsString()})
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(nil)
			s := newSecret(stack, "Credentials", props(stack))
			d := deploy(t, stack, "eu-west-1", map[string]string{"BucketName": "a-bucket", "ObjectKey": "k/x.json"})
			sync := d.syncs[0]
			if field(sync, "File", "Bucket") != "a-bucket" || field(sync, "File", "Key") != "k/x.json" || field(sync, "File", "Content") != nil || field(sync, "File", "Name") != "x.sops.json" {
				t.Errorf("got %s", text(sync))
			}
			for object, want := range map[string]bool{"k/x.json": true, "k/x.jsonx": false, "k/y.json": false} {
				if got := d.may(t, iameval.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::a-bucket/" + object}); got != want {
					t.Errorf("reading %s: allowed is %v", object, got)
				}
			}
			panicOf(t, func() { s.Key("unknown") }) // the file beside it says which keys there are
		})
	}
}

func TestAFileInTheUsersBucketAlone(t *testing.T) {
	openable(t)
	stack := newStack(nil)
	key := awscdk.NewCfnParameter(stack, new("ObjectKey"), nil)
	s := newSecret(stack, "Credentials", inBucket(stack, sopsconstructs.SopsFile{
		Key: *key.ValueAsString(), Format: "yaml", DecryptionKeys: importedKeys(stack), DecryptionContext: ownContext,
	}))
	d := deploy(t, stack, "eu-west-1", map[string]string{"ObjectKey": "k/x.json"})
	if got := d.syncs[0]; field(got, "File", "Format") != "yaml" || field(got, "File", "Name") != "k/x.json" {
		t.Errorf("got %s", text(got))
	}
	if got := s.Key("anything").Name(); got != "anything" {
		t.Errorf("a name that nobody can check: got %q", got)
	}
	if tags := only(t, stack, "AWS::SecretsManager::Secret").Properties["Tags"]; tags != nil {
		t.Errorf("the secret has tags about a file that was not read: %s", text(tags))
	}
}

// A bucket of assets with a key of its own (aws/aws-cdk#10904): the function may decrypt with
// that key, through S3, where a file travels as an asset.
func TestTheKeyOfTheBucketOfAssets(t *testing.T) {
	sopstest.Isolate(t)
	for _, c := range []struct {
		name     string
		key      string
		elements int
		want     int
	}{
		{"no key", "", 2800, 0},
		{"a file in the template", keyUS, 10, 0},
		{"a file as an asset", keyUS, 2800, 1},
	} {
		write(t, "x.sops.json", large(c.elements))
		stack := stackIn("eu-west-1", map[string]any{"sops:decrypt": "skip"})
		props := sopsconstructs.SopsSyncProviderProps{}
		if c.key != "" {
			props.AssetBucketKey = awskms.Key_FromKeyArn(stack, new("Key"), &c.key)
		}
		provider := sopsconstructs.NewSopsSyncProvider(stack, "Provider", &props)
		for _, id := range []string{"A", "B"} { // one statement for both
			newSecret(stack, id, sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: provider})
		}
		policies := text(resources(t, stack, "AWS::IAM::Policy"))
		const statement = `"Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}},"Effect":"Allow","Resource":"` + keyUS + `"`
		if got := strings.Count(policies, statement); got != c.want {
			t.Errorf("%s: got %d statements, want %d", c.name, got, c.want)
		}
	}
	stack := newStack(nil)
	got := panicOf(t, func() {
		sopsconstructs.NewSopsSyncProvider(stack, "Provider", &sopsconstructs.SopsSyncProviderProps{AssetBucketKey: awskms.Alias_FromAliasName(stack, new("Key"), new("alias/assets"))})
	})
	if want := `constructs: SopsSyncProvider "S/Provider": AssetBucketKey is an alias whose key is not known here; pass the key itself`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
