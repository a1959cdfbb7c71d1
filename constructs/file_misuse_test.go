package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// inBucket is the file with a bucket.
func inBucket(stack awscdk.Stack, file sopsconstructs.SopsFile) sopsconstructs.SopsSecretProps {
	file.Bucket = awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket"))
	return ofFile(file)
}

func importedKeys(stack awscdk.Stack) []awskms.IKey {
	return []awskms.IKey{awskms.Key_FromKeyArn(stack, new("Key"), new(keyEU))}
}

func TestFileMisuse(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	type secretProps = sopsconstructs.SopsSecretProps
	type file = sopsconstructs.SopsFile
	for _, c := range []struct {
		name  string
		props func(awscdk.Stack) secretProps
		want  string
	}{
		{"a bucket without a key", func(stack awscdk.Stack) secretProps { return inBucket(stack, file{Path: "x.sops.json"}) },
			"the Bucket and Key of a SopsFile name one object together; pass both or none"},
		{"a key without a bucket", func(awscdk.Stack) secretProps { return ofFile(file{Path: "x.sops.json", Key: "k"}) },
			"the Bucket and Key of a SopsFile name one object together; pass both or none"},
		{"a bucket and nobody's keys", func(stack awscdk.Stack) secretProps { return inBucket(stack, file{Key: "k.json"}) },
			"no DecryptionKeys; name the KMS keys of the file in Bucket, or pass the same file as Path, which names them"},
		{"keys that the file names itself", func(stack awscdk.Stack) secretProps {
			return ofFile(file{Path: "x.sops.json", DecryptionKeys: importedKeys(stack)})
		}, "DecryptionKeys beside Path would have no effect, since the file names its keys; remove them"},
		{"a token without a format", func(stack awscdk.Stack) secretProps {
			key := awscdk.NewCfnParameter(stack, new("ObjectKey"), nil)
			return inBucket(stack, file{Key: *key.ValueAsString(), DecryptionKeys: importedKeys(stack)})
		}, "no Format, and Key is a token, whose ending is not known; pass the format"},
		{"nothing at all", func(awscdk.Stack) secretProps { return secretProps{} },
			"no SopsFilePath; name the SOPS file, relative to the folder of cdk.json"},
		{"an empty SopsFile", func(awscdk.Stack) secretProps { return ofFile(file{}) },
			"the SopsFile has neither Path nor Bucket; name the file, relative to the folder of cdk.json"},
		{"both forms", func(awscdk.Stack) secretProps {
			return secretProps{SopsFilePath: "x.sops.json", SopsFile: &file{Path: "x.sops.json"}}
		}, "both SopsFilePath and SopsFile; SopsFilePath is the short form for a SopsFile with nothing but a Path, so remove one"},
		{"a bucket whose file may name no key", func(stack awscdk.Stack) secretProps {
			return inBucket(stack, file{Path: "x.sops.json", Key: "k.json", AllowedKeys: []string{}})
		}, "AllowedKeys is empty, and the object in Bucket could name no key at all; name the keys that it may have"},
		{"nothing that binds an object", func(stack awscdk.Stack) secretProps {
			return inBucket(stack, file{Key: "k.json", DecryptionKeys: importedKeys(stack)})
		}, "nothing binds the object in Bucket to this secret: whoever can write it could have another file published here that the same keys open; pass the same file as Path, " +
			"or encrypt it with an encryption context that names the secret and pass that as DecryptionContext, or accept every such file with UnboundObject"},
		{"a context and age identities", func(stack awscdk.Stack) secretProps {
			return inBucket(stack, file{Key: "k.json", DecryptionKeys: importedKeys(stack), DecryptionContext: ownContext, AllowedKeys: []string{keyEU},
				AgeIdentities: []*sopsconstructs.AgeIdentity{sopsconstructs.AgeIdentityFromSecret(awssecretsmanager.Secret_FromSecretNameV2(stack, new("Age"), new("age")))}})
		}, "DecryptionContext binds no file that an age identity opens; pass the same file as Path, remove AgeIdentities, or accept every file with UnboundObject"},
		{"a context and allowed keys", func(stack awscdk.Stack) secretProps {
			return inBucket(stack, file{Key: "k.json", DecryptionKeys: importedKeys(stack), DecryptionContext: ownContext, AllowedKeys: []string{keyEU}})
		}, "AllowedKeys beside DecryptionContext would have no effect, since the object may name DecryptionKeys with that context alone; remove AllowedKeys"},
		{"a context that the file names itself", func(stack awscdk.Stack) secretProps {
			return inBucket(stack, file{Path: "x.sops.json", Key: "k.json", DecryptionContext: ownContext})
		}, "DecryptionContext beside Path would have no effect, since the file names its encryption contexts; remove it"},
		{"a context that IAM cannot require", func(stack awscdk.Stack) secretProps {
			return inBucket(stack, file{Key: "k.json", DecryptionKeys: importedKeys(stack), DecryptionContext: map[string]string{"a": "b", "A": "c"}})
		}, "the DecryptionContext has names that IAM cannot tell apart, or an empty one"},
		{"a context that is a reference", func(stack awscdk.Stack) secretProps {
			return inBucket(stack, file{Key: "k.json", DecryptionKeys: importedKeys(stack), DecryptionContext: map[string]string{"a": "{{resolve:ssm:x}}"}})
		}, `the DecryptionContext has "{\x7bresolve:ssm:x}}", which holds "{\x7bresolve", which CloudFormation takes for a dynamic reference and would replace by a secret`},
		{"unbound without a bucket", func(awscdk.Stack) secretProps { return ofFile(file{Path: "x.sops.json", UnboundObject: true}) },
			"UnboundObject has no effect without Bucket; remove it"},
		{"an unknown format", func(awscdk.Stack) secretProps {
			return ofFile(file{Path: "x.sops.json", Format: "toml"})
		},
			`unknown Format "toml"; known are "json", "yaml", "dotenv", "ini", "binary"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := newStack(nil)
			props := c.props(stack)
			if got, want := panicOf(t, func() { newSecret(stack, "Credentials", props) }), `constructs: SopsSecret "S/Credentials": `+c.want; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestSopsFileFormat(t *testing.T) {
	openable(t)
	for _, c := range []struct{ file, format, want string }{
		{"x.sops.json", "", "json"},
		{"x.sops.yaml", "", "yaml"}, // JSON is YAML
		{"x.sops.txt", "json", "json"},
		{"x.sops.json", "yaml", "yaml"},
	} {
		write(t, c.file, standard(clear))
		stack := newStack(nil)
		newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{Path: c.file, Format: c.format}))
		if got := only(t, stack, syncprotocol.ResourceType).at("File", "Format"); got != c.want {
			t.Errorf("%s as %q: the function is told %v, want %s", c.file, c.format, got, c.want)
		}
	}
}

// A file that encrypts others leaves these in clear text: one warning names them, and
// not the values.
func TestClearValuesThatSoundSecret(t *testing.T) {
	openable(t)
	for content, want := range map[string]string{
		`{"db": {"password_unencrypted": "demo-value-1", "user_unencrypted": "demo-value-2"}, "b": "demo-value-3"}`: `x.sops.json holds values in clear text ` +
			`whose names say that they are secret: "db.password_unencrypted". If they are, correct the file's rule, encrypt it again and replace the values; ` +
			`else acknowledge this warning. [ack: sopscdk:clear-values]`,
		`{"db": {"user_unencrypted": "demo-value-1"}, "password": "demo-value-2"}`: "",
	} {
		write(t, "x.sops.json", standard(content))
		stack := newStack(nil)
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
		if got := strings.Join(warnings(stack), "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// A key service that sops would use is warned of, once for the app.
func TestKeyService(t *testing.T) {
	openable(t)
	t.Setenv("SOPS_KEYSERVICE", "tcp://127.0.0.1:5000")
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	newSecret(stack, "Others", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	const want = "SOPS_KEYSERVICE is set, and synth does not use the key service: it decrypts with the age identities and the AWS credentials of this machine."
	if got := warnings(stack); len(got) != 1 || got[0] != want+" [ack: sopscdk:keyservice]" {
		t.Errorf("got %q", got)
	}
	t.Setenv("SOPS_AGE_KEY", "")
	if got := panicOf(t, func() { synthesized(t, nil) }); !strings.Contains(got, want) {
		t.Errorf("the failure does not say that the key service is not used: %s", got)
	}
}

// A file of a laptop names an AWS profile, which the function does not have: that is a
// warning, and the function's rights are those of any other entry.
func TestAWSProfile(t *testing.T) {
	openable(t)
	for _, role := range []string{"", roleEU} {
		file := standard(clear)
		file.KMS[0].Profile, file.KMS[0].Role = "work", role
		write(t, "x.sops.json", file)
		stack := newStack(nil)
		newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", AllowedKeys: append([]string{keyEU, roleEU}, file.Age...)}))
		want := `x.sops.json names AWS profiles (aws_profile): "work". Synth uses them where they exist. The function has no profiles and decrypts ` +
			`in its own role, so that role, or the role of the entry, must be allowed to use the key. [ack: sopscdk:aws-profile]`
		if got := strings.Join(warnings(stack), "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		right := iameval.Request{Action: "kms:Decrypt", Resource: keyEU}
		if role != "" {
			right = iameval.Request{Action: "sts:AssumeRole", Resource: role}
		}
		if !deploy(t, stack, "eu-west-1", nil).may(t, right) {
			t.Errorf("the function may not %s", right.Action)
		}
	}
}
