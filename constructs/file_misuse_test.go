package constructs_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// inBucket is props with a bucket.
func inBucket(stack awscdk.Stack, props sopsconstructs.SopsSecretProps) sopsconstructs.SopsSecretProps {
	props.FileBucket = awss3.Bucket_FromBucketName(stack, new("Bucket"), new("a-bucket"))
	return props
}

func importedKeys(stack awscdk.Stack) []awskms.IKey {
	return []awskms.IKey{awskms.Key_FromKeyArn(stack, new("Key"), new(keyEU))}
}

func TestFileMisuse(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	type secretProps = sopsconstructs.SopsSecretProps
	for _, c := range []struct {
		name  string
		props func(awscdk.Stack) secretProps
		want  string
	}{
		{"a bucket without a key", func(stack awscdk.Stack) secretProps { return inBucket(stack, secretProps{SopsFilePath: "x.sops.json"}) },
			"FileBucket and FileKey name one object together; pass both or none"},
		{"a key without a bucket", func(awscdk.Stack) secretProps { return secretProps{SopsFilePath: "x.sops.json", FileKey: "k"} },
			"FileBucket and FileKey name one object together; pass both or none"},
		{"a bucket and nobody's keys", func(stack awscdk.Stack) secretProps { return inBucket(stack, secretProps{FileKey: "k.json"}) },
			"no DecryptionKeys; name the KMS keys of the file in FileBucket, or pass the same file as SopsFilePath, which names them"},
		{"keys that the file names itself", func(stack awscdk.Stack) secretProps {
			return secretProps{SopsFilePath: "x.sops.json", DecryptionKeys: importedKeys(stack)}
		}, "DecryptionKeys beside SopsFilePath would be ignored, since the file names its keys; remove them"},
		{"a token without a format", func(stack awscdk.Stack) secretProps {
			key := awscdk.NewCfnParameter(stack, new("ObjectKey"), nil)
			return inBucket(stack, secretProps{FileKey: *key.ValueAsString(), DecryptionKeys: importedKeys(stack)})
		}, "no SopsFileFormat, and FileKey is a token, whose ending is not known; pass the format"},
		{"an unknown format", func(awscdk.Stack) secretProps {
			return secretProps{SopsFilePath: "x.sops.json", SopsFileFormat: "toml"}
		},
			`unknown SopsFileFormat "toml"; known are "json", "yaml", "dotenv", "ini", "binary"`},
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
		newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: c.file, SopsFileFormat: c.format})
		if got := only(t, stack, syncprotocol.ResourceType).Properties["Format"]; got != c.want {
			t.Errorf("%s as %q: the function is told %v, want %s", c.file, c.format, got, c.want)
		}
	}
}
