package sopsconstructs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// secret is what a secret that was made here and one that was imported have in
// common: what can be read of it, and by whom.
type secret struct {
	*site
	file  string   // the SOPS file, for messages
	names []string // of the keys in it; nil where they are not known
	// selected is what of the file lands; nil where it was not read.
	selected *synthfile.Selected
	output   Output

	// resource is the secret itself, where it is made here.
	resource awssecretsmanager.CfnSecret
	// sync fills the secret, and others refer to the secret by what it returns. It is
	// nil for an imported secret and for one with its value in the template: others
	// then refer to it by givenARN.
	sync     *syncResource
	givenARN string
	// env is where the secret is.
	env environment
	// name is the SecretName that was given, or "".
	name string
	// key encrypts the secret, and keyARN is its ARN; nil for the account's own key.
	key    awskms.IKey
	keyARN string
	// keyPolicyElsewhere says that readers in other accounts are in the key's
	// policy already.
	keyPolicyElsewhere bool
	// imported is how an imported secret was named, and nil for any other.
	imported *awssecretsmanager.SecretAttributes
	// target is the existing secret that a file fills, or nil. It has the policy.
	target awssecretsmanager.ISecret

	// resolved are the ARNs of a secret that is imported, or a Target, and of its key,
	// as a template has them.
	resolved struct{ arn, key any }

	replicas replicas
	view     *secretView // made when it is first asked for
}

// arn returns what others refer to the secret by.
func (s *secret) arn() string {
	if s.sync != nil {
		return s.sync.attribute(syncprotocol.AttrArn)
	}
	return s.givenARN
}

// version returns the id of the synced version; "" where none is known.
func (s *secret) version() string {
	if s.sync != nil {
		return s.sync.attribute(syncprotocol.AttrVersionID)
	}
	return ""
}

// pattern returns what IAM matches the secret with.
func (s *secret) pattern() string {
	if s.imported != nil && s.imported.SecretCompleteArn == nil {
		return s.givenARN + "-??????"
	}
	return s.arn()
}

// buildID returns what CodeBuild calls the secret-id. The CDK allows the project a name
// with exactly the six characters that Secrets Manager adds, an ARN with anything behind
// it.
func (s *secret) buildID() string {
	if s.imported != nil && s.name != "" {
		return s.name
	}
	return s.arn()
}

// setKey sets the key that encrypts the secret; an alias stands for its key.
func (s *secret) setKey(what string, key awskms.IKey) {
	if key == nil {
		return
	}
	s.key, s.keyARN = s.aliasTarget(what, key)
}

// secretKey returns the key of that name, which the file must have.
func (s *secret) secretKey(name string) *SecretKey {
	s.checkName(name)
	return &SecretKey{of: s, name: name}
}

// checkName panics where the file has no such key. Where the command does not need
// the stack, that is a warning. The names are not known where the file was not read.
func (s *secret) checkName(name string) {
	var err error
	switch {
	case s.output == OutputBinary:
		err = fmt.Errorf("the secret from %s is binary (OutputBinary) and has no keys; call GrantRead, and let the program read SecretBinary when it runs", s.file)
	case !s.output.hasKeys():
		err = fmt.Errorf("the output %q of %s has no keys; refer to the whole secret (its SecretValue, EcsSecret or BuildEnvironmentVariable), or use OutputFlatJSON", string(s.output), s.file)
	case s.names == nil || slices.Contains(s.names, name):
		s.warnOfPosition(s.selected, name)
		return
	default:
		err = fmt.Errorf("no key %q in %s%s", name, s.file, nearest.Hint(name, s.names))
	}
	if s.stack.inScope {
		s.fail(err)
	}
	s.warn("key", err.Error())
}

// maxReference is how long the name in a reference may be, in bytes.
const maxReference = 1024

// checkReference panics for a name that cannot stand in a reference, whose parts
// are separated by colons and, in a template, end with "}}".
func (s *secret) checkReference(name, what string) {
	err := filetext.Check(name, maxReference)
	switch {
	case err != nil:
		s.fail(fmt.Errorf("the key %s cannot be %s, since it %w; rename it in %s", filetext.Quote(name), what, err, s.file))
	case name == "":
		s.fail(fmt.Errorf("a key without a name cannot be %s; pass Secret() for the whole secret", what))
	case strings.Contains(name, ":"):
		s.fail(fmt.Errorf("the key %q cannot be %s, since it contains a colon; rename it in %s", name, what, s.file))
	case strings.Contains(name, "}}"):
		s.fail(fmt.Errorf("the key %q cannot be %s, since it contains }}; rename it in %s", name, what, s.file))
	}
}

// arnIn returns what IAM matches the secret with, or its replica, in a region: for
// stacks elsewhere, which cannot refer to this one's resources. Secrets Manager
// adds six characters to the name, the same ones in every region.
func (s *secret) arnIn(region string) (string, error) {
	switch {
	case s.imported != nil:
		return s.pattern(), nil
	case s.target != nil:
		return "", errors.New("a Target has no SecretName here, so that no other account or region can name it; import it there (ImportSopsSecret)")
	case s.name == "":
		return "", errors.New("the secret has no SecretName, so that no other account or region can name it; give it one")
	}
	return strings.Join([]string{"arn", s.stack.partition(), "secretsmanager", region, s.stack.account, "secret", s.name + "-??????"}, ":"), nil
}

// secretValue returns a dynamic reference to one key, or to the whole for "".
func (s *secret) secretValue(name string) awscdk.SecretValue {
	options := &awscdk.SecretsManagerSecretOptions{VersionId: s.pinned()}
	if name != "" {
		options.JsonField = &name
	}
	return awscdk.SecretValue_SecretsManager(new(s.arn()), options)
}

// secretValueFromJSON is the same for [awssecretsmanager.ISecret], checked.
func (s *secret) secretValueFromJSON(name string) awscdk.SecretValue {
	if name == "" {
		return s.secretValue(name)
	}
	if (name == "username" || name == "password") && s.names != nil && !slices.Contains(s.names, name) {
		s.fail(fmt.Errorf("no key %q in %s; for a database pass RdsCredentials with the names of the two keys: Credentials.fromSecret would attach the database to the secret as well, and write into it", name, s.file))
	}
	s.checkName(name)
	s.checkReference(name, "a dynamic reference")
	return s.secretValue(name)
}

// rdsCredentials takes user and password from two keys. The password names the
// synced version, so that a change of it in the file changes the database's. The
// user's name names no version: a property that changes its text makes
// CloudFormation replace the database.
func (s *secret) rdsCredentials(username, password string) awsrds.Credentials {
	s.checkName(username)
	s.checkReference(username, "a dynamic reference")
	user := awscdk.SecretValue_SecretsManager(new(s.arn()), &awscdk.SecretsManagerSecretOptions{JsonField: &username})
	return awsrds.Credentials_FromPassword(user.UnsafeUnwrap(), s.secretKey(password).SecretValue())
}

// pinned returns the id of the synced version inside the secret's own stack, and
// nothing elsewhere; nil where no version is known.
func (s *secret) pinned() *string {
	if s.sync == nil {
		return nil
	}
	return awscdk.Lazy_UncachedString(&pinnedVersion{of: s}, nil)
}

// pinnedText is pinned as a part of a text.
func (s *secret) pinnedText() string { return s.pinnedTextAfter("") }

// pinnedTextAfter is pinnedText with a prefix, which also is there only with a version.
func (s *secret) pinnedTextAfter(prefix string) string {
	if s.sync == nil {
		return ""
	}
	return *awscdk.Lazy_UncachedString(&pinnedVersion{s, prefix}, nil)
}

// pinnedVersion resolves to the id of the synced version for resources of the
// secret's own stack, which then change whenever the secret does. For another
// stack it is nothing: an exported version could never change while it is in use.
type pinnedVersion struct {
	of     *secret
	prefix string // of a version; nothing without one
}

// Produce implements [awscdk.IStringProducer]. The context's scope is the stack
// that the text is for, and not the resource: an output that an app makes by hand
// of a pinned reference has the version, too. The check of the assembly refuses to
// export it.
func (p *pinnedVersion) Produce(context awscdk.IResolveContext) *string {
	if awscdk.Stack_Of(context.Scope()) == p.of.stack.Stack {
		return new(p.prefix + p.of.version())
	}
	return new("")
}
