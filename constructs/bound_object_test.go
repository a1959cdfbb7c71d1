package sopsconstructs_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// ownContext is the encryption context that binds an object to its secret.
var ownContext = map[string]string{"secret": "prod/database", "team": "a"}

// An object beside a file is that file, and no other that is put there.
func TestAnObjectIsBoundByItsHash(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	content := read(t, "x.sops.json")
	for name, c := range map[string]struct {
		content []byte
		unbound bool
		want    any
	}{
		"the file":              {content, false, syncprotocol.SHA256(content)},
		"a checkout with CR LF": {bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n")), false, syncprotocol.SHA256(content)},
		"every file that opens": {content, true, nil},
		"another release of it": {append(bytes.Clone(content), '\n'), false, syncprotocol.SHA256(append(bytes.Clone(content), '\n'))},
	} {
		if err := os.WriteFile("x.sops.json", c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		stack := newStack(nil)
		newSecret(stack, "Credentials", inBucket(stack, sopsconstructs.SopsFile{Path: "x.sops.json", Key: "k.json", UnboundObject: c.unbound}))
		file := only(t, stack, syncprotocol.ResourceType)
		if got := file.at("File", "SHA256"); got != c.want {
			t.Errorf("%s: the hash is %v, want %v", name, got, c.want)
		}
		if got := file.at("File", "LastModified"); (got == nil) != c.unbound {
			t.Errorf("%s: LastModified is %v", name, got)
		}
	}
}

// An asset is an object that others may be able to write, too.
func TestAnAssetIsBoundByItsHash(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", large(2800))
	stack := newStack(nil)
	newSecret(stack, "Credentials", fromX)
	if got, want := only(t, stack, syncprotocol.ResourceType).at("File", "SHA256"), syncprotocol.SHA256(read(t, "x.sops.json")); got != want {
		t.Errorf("the hash is %v, want %s", got, want)
	}
}

// An object that nobody has seen is bound by the encryption context of its keys: the
// function may use them with that alone, and takes no file that names another.
func TestAnObjectIsBoundByItsContext(t *testing.T) {
	openable(t)
	stack := newStack(nil)
	newSecret(stack, "Credentials", inBucket(stack, sopsconstructs.SopsFile{Key: "k.json", DecryptionKeys: importedKeys(stack), DecryptionContext: ownContext}))
	if got, want := text(only(t, stack, syncprotocol.ResourceType).at("File", "AllowedKeys")), `["`+keyEU+`|secret:prod/database,team:a"]`; got != want {
		t.Errorf("the object may name %s, want %s", got, want)
	}
	d := deploy(t, stack, "eu-west-1", nil)
	for _, c := range []struct {
		name    string
		context map[string]string
		want    bool
	}{
		{"its own", ownContext, true},
		{"none", nil, false},
		{"another secret's", map[string]string{"secret": "prod/admin", "team": "a"}, false},
		{"a part of it", map[string]string{"secret": "prod/database"}, false},
		{"more than it", map[string]string{"secret": "prod/database", "team": "a", "b": "c"}, false},
	} {
		if got := d.may(t, surroundings{}.request(awstest.Call{Service: "kms", Action: "Decrypt", Resource: keyEU, Context: c.context})); got != c.want {
			t.Errorf("decrypting with the context %s: allowed is %v", c.name, got)
		}
	}
}

// Two files with one key and one context could stand in for each other.
func TestContextsAreNotShared(t *testing.T) {
	openable(t)
	file := standard(clear)
	file.KMS[0].Context = ownContext
	write(t, "x.sops.json", file)
	object := func(stack awscdk.Stack, name string, context map[string]string) sopsconstructs.SopsSecretProps {
		return ofFile(sopsconstructs.SopsFile{Key: name, DecryptionContext: context,
			Bucket:         awss3.Bucket_FromBucketName(stack, new("Bucket"+name), new("a-bucket")),
			DecryptionKeys: []awskms.IKey{awskms.Key_FromKeyArn(stack, new("Key"+name), new(keyEU))}})
	}
	for name, c := range map[string]struct {
		second func(awscdk.Stack) sopsconstructs.SopsSecretProps
		fails  bool
	}{
		"another object":         {func(s awscdk.Stack) sopsconstructs.SopsSecretProps { return object(s, "b.json", ownContext) }, true},
		"a file of the template": {func(awscdk.Stack) sopsconstructs.SopsSecretProps { return fromX }, true},
		"another object of another context": {func(s awscdk.Stack) sopsconstructs.SopsSecretProps {
			return object(s, "b.json", map[string]string{"secret": "b"})
		}, false},
	} {
		for _, turned := range []bool{false, true} {
			stack := newStack(nil)
			both := []func(awscdk.Stack) sopsconstructs.SopsSecretProps{func(s awscdk.Stack) sopsconstructs.SopsSecretProps { return object(s, "a.json", ownContext) }, c.second}
			if turned {
				both[0], both[1] = both[1], both[0]
			}
			newSecret(stack, "One", both[0](stack))
			make := func() { newSecret(stack, "Two", both[1](stack)) }
			if !c.fails {
				make()
				continue
			}
			want := `constructs: SopsSecret "S/Two": its file and that of "S/One" have the same encryption context with one key, so either could be put in the place of the object in Bucket; name the secret in the context of each file`
			if got := panicOf(t, make); !strings.HasPrefix(got, want) {
				t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
			}
		}
	}
	stack := newStack(nil)
	ofKey := func(name, key string) sopsconstructs.SopsSecretProps {
		return ofFile(sopsconstructs.SopsFile{Key: name, DecryptionContext: ownContext,
			Bucket:         awss3.Bucket_FromBucketName(stack, new("Bucket"+name), new("a-bucket")),
			DecryptionKeys: []awskms.IKey{awskms.Key_FromKeyArn(stack, new("Key"+name), &key)}})
	}
	const replicated = ":111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
	newSecret(stack, "One", ofKey("a.json", "arn:aws:kms:eu-west-1"+replicated))
	if got := panicOf(t, func() { newSecret(stack, "Two", ofKey("b.json", "arn:aws:kms:us-east-1"+replicated)) }); !strings.Contains(got, "have the same encryption context with one key") {
		t.Errorf("replicas of one key: got %s", got)
	}

	stack = newStack(nil)
	props := object(stack, "a.json", ownContext)
	for _, id := range []string{"One", "Two"} { // parts of one object
		newSecret(stack, id, props)
	}
}
