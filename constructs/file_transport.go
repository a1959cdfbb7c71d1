package constructs

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// How much of encrypted files travels in a template, in bytes as encoded.
// CloudFormation gives a template 1 MB, and passes the old and the new file to
// the function on an update, in an event of at most 1 MB.
const (
	maxInlineFile  = 200_000
	maxInlineStack = 500_000
)

// carry says in p where the function finds the encrypted file, and allows it to
// read it there and nowhere else: in the user's bucket, in the template, or, when
// that would grow too large, in an asset.
//
// A change of the way makes no new version of the secret, since the function
// compares contents. An asset that changed is another object: a rollback restores
// the policy with the old object's name before the resource that reads it, as
// their dependency says.
func (s *SopsSecret) carry(p *syncprotocol.Properties, src source, props *SopsSecretProps, provider *SopsSyncProvider) {
	inline := stateOf(s).inline
	stack := awscdk.Stack_Of(s)
	switch {
	case props.FileBucket != nil:
		p.FileBucket, p.FileKey = *props.FileBucket.BucketName(), props.FileKey
		p.AllowedKeys = s.keysOfObject(src, props)
		provider.allow(s.readObject(props.FileBucket.ArnForObjects(new(resourceText(props.FileKey)))))
		if key := props.FileBucket.EncryptionKey(); key != nil {
			provider.allow(useVia(stack, statementID("SopsBucketKey", *s.Node().Path()), "s3", s.keyBehind("the key of FileBucket", key), "kms:Decrypt"))
		}
	case src.content == nil: // not read, since the command does not need the stack
	case len(src.encoded) <= maxInline(*stack.Region()) && inline[stack]+len(src.encoded) <= maxInlineStack:
		inline[stack] += len(src.encoded)
		p.File = src.encoded
	default:
		path, err := filepath.Abs(s.path)
		if err != nil {
			s.fail(err)
		}
		asset := awss3assets.NewAsset(s, new("File"), &awss3assets.AssetProps{Path: &path})
		p.FileBucket, p.FileKey = *asset.S3BucketName(), *asset.S3ObjectKey()
		provider.allow(s.readObject(asset.Bucket().ArnForObjects(asset.S3ObjectKey())))
	}
}

// maxInline is maxInlineFile, and half of it in partitions where it is not known
// that events to a function may have 1 MB.
func maxInline(region string) int {
	if strings.HasPrefix(region, "cn-") || strings.Contains(region, "-iso") {
		return maxInlineFile / 2
	}
	return maxInlineFile
}

// keysOfObject are all that the object in FileBucket may name as master keys.
// Whoever can write it could otherwise put there what is encrypted for another
// secret of the stack, and have the function publish it in this one.
func (s *SopsSecret) keysOfObject(src source, props *SopsSecretProps) []string {
	if allowed := s.allowedKeys(props); allowed != nil {
		return allowed
	}
	keys := slices.Clone(src.keys)
	for _, key := range props.DecryptionKeys {
		keys = append(keys, *s.keyBehind("a key of DecryptionKeys", key).KeyArn())
	}
	return keys
}

// readObject allows to read one object.
func (s *SopsSecret) readObject(objectARN *string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       new(statementID("SopsFile", *s.Node().Path())),
		Actions:   strs("s3:GetObject"),
		Resources: &[]*string{objectARN},
	})
}

// resourceText is s as a literal in the resource of a policy, where "*" and "?"
// are wildcards and "$" begins a variable. What a token in it stands for is not
// known here, and its own "$" stays.
func resourceText(s string) string {
	escapes := []string{"*", "${*}", "?", "${?}"}
	if !*awscdk.Token_IsUnresolved(s) {
		escapes = append(escapes, "$", "${$}")
	}
	return strings.NewReplacer(escapes...).Replace(s)
}
