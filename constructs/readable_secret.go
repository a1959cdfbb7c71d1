package constructs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
)

// readableSecret is what a secret that was made here and one that was imported
// have in common: what can be read of it, and by whom.
type readableSecret struct {
	construct constructs.Construct
	kind      string // the construct's type, for messages
	file      string // the SOPS file, for messages
	names     []string
	secret    awssecretsmanager.ISecret
	name      string // the secret's name, if it was given
	key       awskms.IKey
	imported  bool
	// target is the existing secret that a file fills, or nil. It has the policy:
	// secret is an import of it, by what the sync gives.
	target awssecretsmanager.ISecret
	needed bool // the command needs the construct's stack

	// keyPolicyElsewhere says that readers in other accounts are in the key's
	// policy already.
	keyPolicyElsewhere bool
	// replicaKeys are the keys of the replicas, nil for the account's own, by region.
	replicaKeys map[string]awskms.IKey
	// readFrom are the regions that readers were granted the secret from, for lack of
	// a replica there.
	readFrom []string
	// version gives the id of the synced version; nil where none is known.
	version func() *string
}

// secretKey is the key of that name, which the file must have.
func (r *readableSecret) secretKey(name string) *SecretKey {
	r.checkName(name)
	return &SecretKey{of: r, name: name}
}

// checkName fails where the file has no such key. Where the command does not need
// the stack, that is a warning. The names are not known where the file was not read.
func (r *readableSecret) checkName(name string) {
	if r.names == nil || slices.Contains(r.names, name) {
		return
	}
	err := fmt.Errorf("no key %q in %s%s", name, r.file, nearest.Hint(name, r.names))
	if r.needed {
		r.fail(err)
	}
	warn(r.construct, "key", err.Error())
}

// arnIn is what IAM matches the secret with, or its replica, in a region: for
// stacks elsewhere, which cannot refer to this one's resources. Secrets Manager
// adds six characters to the name, the same ones in every region.
func (r *readableSecret) arnIn(region string) (string, error) {
	if r.imported {
		return secretARNPattern(r.secret), nil
	}
	if r.target != nil {
		return "", errors.New("a Target has no SecretName here, so that no other account or region can name it; import it there (ImportSopsSecretFromCompleteArn)")
	}
	if r.name == "" {
		return "", errors.New("the secret has no SecretName, so that no other account or region can name it; give it one")
	}
	env := r.environment()
	return strings.Join([]string{"arn", *awscdk.Stack_Of(r.construct).Partition(), "secretsmanager", region, *env.Account, "secret", r.name + "-??????"}, ":"), nil
}

// secretValue is a dynamic reference to one key, or to the whole for "".
func (r *readableSecret) secretValue(name string) awscdk.SecretValue {
	options := &awscdk.SecretsManagerSecretOptions{JsonField: optional(name)}
	if r.version != nil {
		options.VersionId = r.pinned()
	}
	return awscdk.SecretValue_SecretsManager(r.secret.SecretArn(), options)
}

// secretValueFromJSON is the same for [awssecretsmanager.ISecret], checked.
func (r *readableSecret) secretValueFromJSON(name string) awscdk.SecretValue {
	if name == "" {
		return r.secretValue(name)
	}
	if (name == "username" || name == "password") && r.names != nil && !slices.Contains(r.names, name) {
		r.fail(fmt.Errorf("no key %q in %s; for a database pass RdsCredentials with the names of the two keys: Credentials.fromSecret would attach the database to the secret as well, and write into it", name, r.file))
	}
	r.checkName(name)
	r.checkReference(name, "a dynamic reference")
	return r.secretValue(name)
}

// pinned is the id of the synced version inside the secret's own stack, and
// nothing elsewhere.
func (r *readableSecret) pinned() *string {
	return awscdk.Lazy_UncachedString(&pinnedVersion{r}, nil)
}

// pinnedVersion resolves to the id of the synced version for resources of the
// secret's own stack, which then change whenever the secret does. For another
// stack it is nothing: an exported version could never change while it is in use.
type pinnedVersion struct{ of *readableSecret }

// Produce implements [awscdk.IStringProducer]. The context's scope is the stack
// that the text is for, and not the resource: an output that an app makes by hand
// of a pinned reference has the version, too. [Synth] refuses to export it.
func (p *pinnedVersion) Produce(context awscdk.IResolveContext) *string {
	if awscdk.Stack_Of(context.Scope()) == awscdk.Stack_Of(p.of.construct) {
		return p.of.version()
	}
	return new("")
}

// environment is the account and region that the secret is in.
func (r *readableSecret) environment() *interfaces.ResourceEnvironment {
	if r.imported {
		return r.secret.Env()
	}
	// That of a Target would be a part of the ARN that the sync gives.
	stack := awscdk.Stack_Of(r.construct)
	return &interfaces.ResourceEnvironment{Account: stack.Account(), Region: stack.Region()}
}

// fail panics with err as a message about the construct.
func (r *readableSecret) fail(err error) {
	panic(fmt.Errorf("constructs: %s %q: %w", r.kind, *r.construct.Node().Path(), err))
}
