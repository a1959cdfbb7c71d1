package sopsconstructs

import (
	"fmt"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/filepolicy"
)

// FilePolicy is what every SOPS file of an app must be: see [SetFilePolicy]. A field that is
// not set asks for nothing.
type FilePolicy struct {
	// AllowedKeys are all that a file may name as master keys: ARNs of KMS keys and aliases,
	// ARNs of the roles to use them with, age recipients, and the ids of keys of other types,
	// each as a whole. A key with an encryption context is KEY|NAME:VALUE,NAME:VALUE, sorted by
	// name, with a backslash before each "\\", ":" and "," of a name or value; the key alone
	// does not allow it.
	//
	// Where the account is not known, an ARN may have "*" for it, as in
	// arn:aws:kms:eu-west-1:*:alias/NAME and arn:aws:iam::*:role/NAME. All that a file names by
	// such ARNs must be in one account, but in any one: give the account where it is known.
	//
	// AllowedKeys of a [SopsFile] hold besides, for that file.
	// Default: a file may name anything, with a warning if it names a role.
	AllowedKeys []string
	// RequiredRecipients are master keys that each file must name, as for breaking the glass:
	// ids of keys, with KEY+ROLE and an encryption context or without, or an ARN with "*" for
	// its account. Of a file with several key groups, one that has it is enough.
	RequiredRecipients []string
	// MinRegions is in how many regions each file must have KMS keys: in one key group, or, of
	// a file with several groups, in each of as many groups as open it. So a file can be opened
	// while all of these regions but one are down. A multi-Region key counts for the region
	// that its ARN names.
	MinRegions int
	// KeyTypes are the only types that the master keys of a file may have:
	// []KeyType{KeyTypeKMS} for KMS alone, []KeyType{KeyTypePostQuantumAge} for age recipients
	// with a post-quantum key alone.
	// Default: any.
	KeyTypes []KeyType
	// ForbidAWSProfile forbids a KMS entry to name an AWS profile (aws_profile), which differs
	// from one machine to the next.
	ForbidAWSProfile bool
	// MaxKeyAgeDays is how many days ago the data key may have been made, by the created_at of
	// the file's master keys. What is older is a warning, since it depends on the clock; sops
	// itself advises 180. age entries have no date.
	MaxKeyAgeDays int
	// MatchCreationRules asks that the master keys of a file are those that .sops.yaml gives
	// it, in the file's folder or the nearest one above, as "sops updatekeys" compares them. AWS
	// profiles are not compared.
	MatchCreationRules bool
}

// SetFilePolicy sets the rules for all SOPS files of the app that the scope belongs to. They
// are evaluated from the clear part of a file, when it is read: a file that breaks one is
// never decrypted, no key and no role that it names is called or gets into a policy, and
// the file is not in the template.
//
// What is broken stands in the CDK's validation report, for each construct that takes the
// file, with the severity "fatal": synth fails, and it cannot be acknowledged. The age of keys
// is a warning. For a stack that the command does not need, all of it is a warning. Synth
// writes the policy into the cloud assembly, as sopscdk-file-policy.json.
//
// An object in a Bucket is not read at synth: the function checks AllowedKeys, and none of
// the other rules. DecryptionKeys with a DecryptionContext must be among AllowedKeys. With a Path beside it, and without UnboundObject, the function takes no
// other file than that one, which is checked here.
//
// SOPS authenticates none of what is looked at. A key that a file does not name is used by
// nobody, so what is forbidden stays away; but an age entry may be encrypted to further
// recipients than the one it names. RequiredRecipients, MinRegions and MaxKeyAgeDays are
// against mistakes: whoever edits a file can add an entry that opens nothing, or another date.
//
// It panics when it is called after a file was read, or twice, and for a policy that no file
// can fulfil.
func SetFilePolicy(scope constructs.Construct, policy FilePolicy) {
	state := stateOf(scope)
	if first := state.first; first != nil {
		panic(fmt.Errorf("constructs: SetFilePolicy comes after %s %q, whose file it no longer checks; call it before the first construct that takes a file", first.kind, first.path))
	}
	if state.policy != nil {
		panic(fmt.Errorf("constructs: SetFilePolicy was called before; an app has one policy, so put all rules into it"))
	}
	p := policy.plain()
	if err := p.Check(); err != nil {
		panic(fmt.Errorf("constructs: SetFilePolicy: %w", err))
	}
	state.policy = filepolicy.NewEvaluator(p)
	state.writePolicy()
}

// writePolicy writes the app's policy into its cloud assembly, for commands that check
// files. Without one it removes what an earlier synthesis left there. It is called before
// synthesis, since the CDK takes a validation that changes the assembly for an error.
func (a *appState) writePolicy() {
	if a.folder == "" {
		return
	}
	var policy *filepolicy.Policy
	if a.policy != nil {
		policy = a.policy.Policy()
	}
	if err := policy.Write(a.folder); err != nil {
		panic(fmt.Errorf("constructs: failed to write the file policy into the cloud assembly: %w", err))
	}
}

// plain returns the policy without the types of this package.
func (p FilePolicy) plain() *filepolicy.Policy {
	var types []filepolicy.KeyType
	if p.KeyTypes != nil {
		types = []filepolicy.KeyType{} // empty is an error
	}
	for _, t := range p.KeyTypes {
		types = append(types, filepolicy.KeyType(t))
	}
	return &filepolicy.Policy{
		AllowedKeys:        slices.Clone(p.AllowedKeys),
		RequiredRecipients: slices.Clone(p.RequiredRecipients),
		MinRegions:         p.MinRegions,
		KeyTypes:           types,
		ForbidAWSProfile:   p.ForbidAWSProfile,
		MaxKeyAgeDays:      p.MaxKeyAgeDays,
		MatchCreationRules: p.MatchCreationRules,
	}
}
