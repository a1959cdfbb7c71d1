package constructs

import (
	"path/filepath"
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
		provider.allow(s.readObject(props.FileBucket.ArnForObjects(new(resourceText(props.FileKey)))))
		if key := props.FileBucket.EncryptionKey(); key != nil {
			provider.allow(useVia(stack, statementID("SopsBucketKey", *s.Node().Path()), "s3", withoutAlias(key), "kms:Decrypt"))
		}
	case src.content == nil: // not read, since the command does not need the stack
	case len(src.encoded) <= maxInlineFile && inline[stack]+len(src.encoded) <= maxInlineStack:
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
