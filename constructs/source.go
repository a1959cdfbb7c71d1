package constructs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	// maxSecretSize is the most bytes that a version of a secret holds: the limit
	// of SecretString in Secrets Manager's PutSecretValue.
	maxSecretSize = 65_536
	// decryptTimeout bounds all the calls to KMS and STS for one file.
	decryptTimeout = time.Minute
)

// errTooLarge begins the message about a value that does not fit a secret.
var errTooLarge = errors.New("it makes a secret")

// source is what the constructs take from a file: nothing secret.
type source struct {
	format       sopsfile.Format
	content      []byte                   // the encrypted file; nil where it was not read
	encoded      string                   // the same, for the template
	lastModified time.Time                // when sops changed it
	names        []string                 // the keys of the secret; nil where they are not known
	statements   []awsiam.PolicyStatement // what the function needs to decrypt
	keys         []string                 // all that the file names as master keys
	value        plaintext.Text           // the rendered secret, for Delivery_PLAINTEXT_TEMPLATE alone
}

// readSource reads and checks the file, and panics where it cannot be used. For
// a stack that the command does not need, nothing is decrypted, and what is
// wrong with the file is a warning: cdk ls and cdk destroy need no file.
func (s *SopsSecret) readSource(props *SopsSecretProps) source {
	if *awscdk.Token_IsUnresolved(&s.path) {
		s.fail(errors.New("SopsFilePath is a token; pass the path itself, since the file is read at synth"))
	}
	if s.path == "" {
		return source{format: props.format(), statements: s.decryptStatements(props.DecryptionKeys)}
	}
	stack := awscdk.Stack_Of(s)
	needed := *stack.BundlingRequired()
	s.readable.needed = needed
	src, file, identities, err := s.inspect(props)
	switch {
	case err != nil && !needed:
		warn(s, "unusable", fmt.Sprintf("%v. This command does not need the stack, so it goes on.", err))
	case err != nil:
		s.fail(fmt.Errorf("%w\n%s", err, s.wayRound()))
	case skipsDecryption(s):
		warn(s, "skipped", fmt.Sprintf("%s was not decrypted, since %s=%s: its values and its MAC are not verified.", s.path, contextDecrypt, decryptSkip))
	case needed:
		value, err := s.verify(file, identities)
		if err != nil {
			s.fail(s.undecryptable(err))
		}
		if props.Delivery == Delivery_PLAINTEXT_TEMPLATE {
			src.value = value
		}
	}
	return src
}

// undecryptable is err of [SopsSecret.verify] with what to do. Without a key,
// skipping is a way; what was changed by hand must be mended.
func (s *SopsSecret) undecryptable(err error) error {
	var noKey *sopsfile.KeyError
	switch {
	case errors.As(err, &noKey):
		return fmt.Errorf("%s: %w\n%s\nto synthesize without decrypting: -c %s=%s", s.path, err, s.wayRound(), contextDecrypt, decryptSkip)
	case errors.Is(err, errTooLarge):
		return fmt.Errorf("%s: %w\n%s", s.path, err, s.wayRound())
	}
	return fmt.Errorf("%s: %w; take the last good version from git, and make the change again with \"%s\"\n%s", s.path, err, inFolder(s.path, "sops edit"), s.wayRound())
}

// wayRound says how to use the app's other stacks in spite of this file.
func (s *SopsSecret) wayRound() string {
	return fmt.Sprintf("to go on with another stack than %q, name that one alone: cdk deploy -e STACK", *awscdk.Stack_Of(s).Node().Path())
}

// inspect takes from the file what needs no key.
func (s *SopsSecret) inspect(props *SopsSecretProps) (src source, file *sopsfile.File, identities []age.Identity, err error) {
	fail := func(err error) (source, *sopsfile.File, []age.Identity, error) {
		return source{format: props.format()}, nil, nil, err
	}
	src.format = props.format()
	content, file, err := parseFile(s.path, src.format)
	if err != nil {
		return fail(err)
	}
	if identities, err = s.demonstrationIdentities(content, file, props.DemonstrationIdentity); err != nil {
		return fail(err)
	}
	if allowed := s.allowedKeys(props); allowed != nil {
		if err = file.Metadata().CheckAllowed(allowed); err != nil {
			return fail(fmt.Errorf("%s: %w; add it to AllowedKeys if it may be used, else take it out of the file with \"sops rotate\"", s.path, err))
		}
	}
	if err = deployable(file.Metadata(), s.path, len(props.AgeIdentities) > 0); err != nil {
		return fail(fmt.Errorf("%s: %w", s.path, err))
	}
	if src.statements, err = keyStatements(file.Metadata()); err != nil {
		return fail(fmt.Errorf("%s: %w; write the file again with full ARNs", s.path, err))
	}
	if src.names, err = render.Names(file.Structure(), render.Flat); err != nil {
		return fail(fmt.Errorf("%s: %w", s.path, err))
	}
	if src.encoded, err = syncprotocol.EncodeFile(content); err != nil {
		return fail(fmt.Errorf("%s: %w", s.path, err))
	}
	src.content, src.lastModified = content, file.Metadata().LastModified
	for _, group := range file.Metadata().Groups {
		for _, key := range group {
			src.keys = append(src.keys, nonEmpty(key.ID, key.Role)...)
		}
	}
	return src, file, identities, nil
}

// allowedKeys is the list that the file's master keys must be on, or nil.
func (s *SopsSecret) allowedKeys(props *SopsSecretProps) []string {
	if props.AllowedKeys != nil {
		return props.AllowedKeys
	}
	return stateOf(s).allowedKeys
}

// verify decrypts the file as the function will, and checks what would land in
// the secret.
func (s *SopsSecret) verify(file *sopsfile.File, identities []age.Identity) (plaintext.Text, error) {
	ctx, cancel := context.WithTimeout(context.Background(), decryptTimeout)
	defer cancel()
	ring, err := masterkey.FromEnvironment(ctx, masterkey.Options{
		Identities: identities,
		Region:     resolved(awscdk.Stack_Of(s).Region()),
	})
	if err != nil {
		return plaintext.Text{}, err
	}
	tree, err := file.Decrypt(ctx, ring)
	if err != nil {
		return plaintext.Text{}, err
	}
	value, err := render.Render(tree, render.Flat)
	if err == nil && value.Len() > maxSecretSize {
		err = fmt.Errorf("%w of %d bytes, and a secret holds at most %d; move some of its values to another file and secret", errTooLarge, value.Len(), maxSecretSize)
	}
	return value, err
}

// demonstrationIdentities gives the published identity, for the file that it is
// published with. Any other file that everyone can read is refused.
func (s *SopsSecret) demonstrationIdentities(content []byte, file *sopsfile.File, identity string) ([]age.Identity, error) {
	if !demonstration.IsPublic(file) {
		return nil, nil
	}
	if !demonstration.IsSample(content) {
		return nil, fmt.Errorf("everyone can read %s: it was made from the demonstration file, or is encrypted to its published recipient %s; delete it, replace the values that were in it, and create a new file (an edit, a copy and \"sops updatekeys\" keep the data key, which is published too)", s.path, demonstration.Recipient)
	}
	warn(s, "demonstration", fmt.Sprintf("%s is the demonstration file: it cannot be deployed, since its KMS keys are fictitious. Delete it and create a new file, as the README says.", s.path))
	if identity == "" {
		return nil, nil
	}
	identities, err := age.ParseIdentities(strings.NewReader(identity))
	if err != nil {
		return nil, errors.New("the DemonstrationIdentity is not an age identity file; pass the content of the one that comes with the SOPS file")
	}
	return identities, nil
}

// deployable checks that the function can have the data key: with KMS, and with
// age if it has identities.
func deployable(metadata *sopsfile.Metadata, path string, hasIdentities bool) error {
	usable := 0
	for _, group := range metadata.Groups {
		opens := false
		for _, key := range group {
			if key.AWSProfile != "" {
				return fmt.Errorf("the KMS entry %q names the AWS profile %q, which does not exist in the function; remove aws_profile from its entry in the file, and give the entry a role if the function's account needs one", key.ID, key.AWSProfile)
			}
			opens = opens || key.Type == sopsfile.KMS || key.Type == sopsfile.Age && hasIdentities
		}
		if opens {
			usable++
		}
	}
	wanted := 1
	if len(metadata.Groups) > 1 {
		wanted = max(metadata.ShamirThreshold, 2) // a file may leave the threshold out
	}
	add := fmt.Sprintf("add one with \"%s\", or pass AgeIdentities for its age recipients", inFolder(path, "sops rotate --in-place --add-kms KEY_ARN"))
	switch {
	case usable < wanted && len(metadata.Groups) == 1:
		return fmt.Errorf("it has no KMS key, and the function has nothing else to decrypt with; %s", add)
	case usable < wanted:
		return fmt.Errorf("%d of its %d key groups have a KMS key, and the function needs %d to decrypt; %s", usable, len(metadata.Groups), wanted, add)
	}
	return nil
}
