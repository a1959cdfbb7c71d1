package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

func TestTargetsThatCannotBeFilled(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	arn := func(region, account, name string) *string {
		return new("arn:aws:secretsmanager:" + region + ":" + account + ":secret:" + name)
	}
	stack := awscdk.NewStack(awscdk.NewApp(nil), new("S"), &awscdk.StackProps{Env: &awscdk.Environment{Account: new("111122223333"), Region: new("eu-west-1")}})
	imported := func(id string, partial *string) awssecretsmanager.ISecret {
		return awssecretsmanager.Secret_FromSecretPartialArn(stack, &id, partial)
	}
	first := newSecret(stack, "First", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SecretName: "named"})
	newSecret(stack, "Second", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: imported("A", arn("eu-west-1", "111122223333", "existing"))})
	taken := `is taken by "S/Second" in the same account and region`
	for name, c := range map[string]struct {
		target awssecretsmanager.ISecret
		want   string
	}{
		"one that a file fills":       {first.Secret(), "the Target is filled from a SOPS file already"},
		"a wildcard":                  {imported("B", arn("eu-west-1", "111122223333", "x*")), "has a wildcard; pass the ARN of one secret"},
		"another region":              {imported("C", arn("us-east-1", "111122223333", "x")), "the Target is in the region us-east-1, and the stack in eu-west-1"},
		"another account":             {imported("D", arn("eu-west-1", "444455556666", "x")), "the Target is in the account 444455556666, and the stack in 111122223333"},
		"one that is a target":        {imported("E", arn("eu-west-1", "111122223333", "existing")), taken},
		"the same by its full ARN":    {awssecretsmanager.Secret_FromSecretCompleteArn(stack, new("F"), arn("eu-west-1", "111122223333", "existing-abcdef")), taken},
		"one with a SecretName of us": {imported("G", arn("eu-west-1", "111122223333", "named")), `is taken by "S/First" in the same account and region`},
	} {
		got := panicOf(t, func() {
			newSecret(stack, "T"+strings.ReplaceAll(name, " ", ""), sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: c.target})
		})
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// The ARN of an alias, as the resource of a statement, matches nothing: the key
// behind it is used, or asked for.
func TestAliasesOfKeys(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	key := awskms.NewKey(stack, new("Key"), nil)
	alias := awskms.NewAlias(stack, new("Alias"), &awskms.AliasProps{AliasName: new("alias/mine"), TargetKey: key})
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: alias})
	role := newRole(stack)
	s.GrantRead(role)
	if policies := text(resources(t, stack, "AWS::IAM::Policy")); strings.Contains(policies, "alias/") || !strings.Contains(policies, only(t, stack, "AWS::KMS::Key").ID) {
		t.Errorf("the policies name the alias, or not the key: %s", policies)
	}

	unknown := awskms.Alias_FromAliasName(stack, new("Unknown"), new("alias/elsewhere"))
	encrypted := func(id string) awssecretsmanager.ISecret {
		return awssecretsmanager.Secret_FromSecretAttributes(stack, &id, &awssecretsmanager.SecretAttributes{
			SecretCompleteArn: new("arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + id + "-AbCdEf"), EncryptionKey: unknown,
		})
	}
	for want, misuse := range map[string]func(){
		`constructs: ImportedSopsSecret "S/C": EncryptionKey is an alias whose key is not known here; pass the key itself`: func() {
			sopsconstructs.ImportSopsSecret(stack, "C", &sopsconstructs.ImportSopsSecretProps{SecretName: "c", EncryptionKey: unknown})
		},
		`constructs: SopsSecret "S/D": the EncryptionKey of the Target is an alias whose key is not known here; pass the key itself`: func() {
			newSecret(stack, "D", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", Target: encrypted("Target")})
		},
		`constructs: SopsSecret "S/E": the key of the replica in us-east-1 is an alias whose key is not known here; pass the key itself`: func() {
			newSecret(stack, "E", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"}).AddReplicaRegion("us-east-1", unknown)
		},
		`constructs: SopsSecret "S/F": the key of Bucket is an alias whose key is not known here; pass the key itself`: func() {
			newSecret(stack, "F", ofFile(sopsconstructs.SopsFile{
				Path: "x.sops.json", Key: "x.sops.json",
				Bucket: awss3.Bucket_FromBucketAttributes(stack, new("Encrypted"), &awss3.BucketAttributes{BucketName: new("encrypted"), EncryptionKey: unknown}),
			}))
		},
		`constructs: SopsSecret "S/G": EncryptionKey is an alias whose key is not known here; pass the key itself`: func() {
			key := awskms.Key_FromKeyArn(stack, new("AliasArn"), new("arn:aws:kms:eu-west-1:111122223333:alias/elsewhere"))
			newSecret(stack, "G", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: key})
		},
		`constructs: AgeIdentityFromSecret: the key of the secret is an alias whose key is not known here; pass the key itself`: func() {
			sopsconstructs.AgeIdentityFromSecret(encrypted("Identity"))
		},
		`constructs: SopsSecret "S/A": EncryptionKey is an alias whose key is not known here; pass the key itself`: func() {
			newSecret(stack, "A", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: unknown})
		},
		`constructs: SopsSecret "S/B": a key of DecryptionKeys is an alias whose key is not known here; pass the key itself`: func() {
			newSecret(stack, "B", ofFile(sopsconstructs.SopsFile{
				Bucket: awss3.Bucket_FromBucketName(stack, new("Bucket"), new("bucket")), Key: "x.sops.json", DecryptionKeys: []awskms.IKey{unknown}, DecryptionContext: ownContext,
			}))
		},
		`constructs: AgeIdentityFromParameter: the key is an alias whose key is not known here; pass the key itself`: func() {
			sopsconstructs.AgeIdentityFromParameter(awsssm.StringParameter_FromSecureStringParameterAttributes(stack, new("Parameter"),
				&awsssm.SecureStringParameterAttributes{ParameterName: new("/age")}), unknown)
		},
	} {
		if got := panicOf(t, misuse); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Whoever can write the object in a bucket cannot make the function open another
// secret's file with it: the function is told which keys it may have.
func TestTheObjectInABucketMayHaveTheseKeysAlone(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	recipient := identity.Recipient().String()
	for name, c := range map[string]struct {
		file sopsconstructs.SopsFile
		want string
	}{
		"the file's own":   {sopsconstructs.SopsFile{Path: "x.sops.json"}, `["` + keyEU + `","` + recipient + `"]`},
		"AllowedKeys":      {sopsconstructs.SopsFile{Path: "x.sops.json", AllowedKeys: []string{keyEU, keyUS, recipient}}, `["` + keyEU + `","` + keyUS + `","` + recipient + `"]`},
		"DecryptionKeys":   {sopsconstructs.SopsFile{UnboundObject: true}, `["` + keyUS + `"]`},
		"in the template,": {sopsconstructs.SopsFile{Path: "x.sops.json"}, "null"},
	} {
		stack := newStack(nil)
		if name != "in the template," {
			c.file.Bucket, c.file.Key = awss3.Bucket_FromBucketName(stack, new("Bucket"), new("bucket")), "y.sops.json"
		}
		if c.file.Path == "" {
			c.file.DecryptionKeys = []awskms.IKey{awskms.Key_FromKeyArn(stack, new("Key"), new(keyUS))}
		}
		newSecret(stack, "Credentials", ofFile(c.file))
		if got := text(only(t, stack, syncprotocol.ResourceType).at("File", "AllowedKeys")); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestContextNamesThatIAMCannotTellApart(t *testing.T) {
	openable(t)
	file := standard(clear)
	file.KMS = []sopstest.KMS{{ARN: keyEU, Context: map[string]string{"App": "a", "app": "b"}}}
	write(t, "x.sops.json", file)
	got := panicOf(t, func() { newSecret(newStack(nil), "Credentials", fromX) })
	if !strings.Contains(got, `the encryption context of the KMS entry "`+keyEU+`" has names that IAM cannot tell apart`) {
		t.Errorf("got %s", got)
	}
}
