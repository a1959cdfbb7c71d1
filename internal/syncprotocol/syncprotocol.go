// Package syncprotocol is what the constructs tell the sync function, and what
// it answers: the properties and attributes of the custom resource. The
// constructs write it at synth and the function reads it at deploy, from this
// one definition.
package syncprotocol

import "github.com/ebb7bed6/sopscdk/internal/render"

// ResourceType is the custom resource's CloudFormation type.
const ResourceType = "Custom::SopsSync"

// Version is the number that every custom resource carries as Protocol. It is
// raised whenever rendering or the response attributes change, so that a new
// release renders live secrets again.
const Version = "2"

// Properties are the custom resource's properties: a file, what of it lands, and
// where. CloudFormation passes every scalar as a string, so all of them are
// strings here.
type Properties struct {
	// Protocol is Version of the library that synthesized the template.
	Protocol string
	// Target is what the function writes.
	Target Target
	// File is the encrypted file.
	File File
	// Output is what of the file lands in the target.
	Output render.Output
	// Resync is any text: a change of it makes CloudFormation sync again. The
	// function does not look at it.
	Resync string `json:",omitempty"`
}

// Properties that the function does not look at.
const (
	// Retries refers to the setting of the function's retries, so that CloudFormation
	// makes the resource after it.
	Retries = "Retries"

	// Names is a fingerprint of the ciphertext for each name that lands, for cdk diff.
	Names = "Names"
	// Recipients is what each master key of the file is, by its name, for cdk diff.
	Recipients = "Recipients"
)

// Target is what the function writes. Exactly one field is set: it says of which
// kind the target is.
type Target struct {
	// SecretArn is the ARN of a secret in Secrets Manager.
	SecretArn string `json:",omitempty"`
	// Parameters are parameters of SSM, which the function makes and removes.
	Parameters *Parameters `json:",omitempty"`
}

// Parameters are parameters of SSM of the type SecureString. They belong to the custom
// resource whose stack and logical id are in their tags [TagStack] and [TagResource].
type Parameters struct {
	// Names are the names, in the order of the file. Synth takes them from the file, and
	// what the file renders to must have the same.
	Names []string
	// Prefix and Separator make a name of each value's path: see render.Naming. Where
	// Prefix is "", there is one name, and the parameter holds what Output says.
	Prefix    string `json:",omitempty"`
	Separator string `json:",omitempty"`
	// SkipEmpty is "true" where null and empty values make no parameter.
	SkipEmpty string `json:",omitempty"`
	// KeyID is the KMS key that encrypts the parameters; "" for the account's own.
	KeyID string `json:",omitempty"`
	// Tier is "Standard" or "Advanced"; "" chooses by size.
	Tier        string `json:",omitempty"`
	Description string `json:",omitempty"`
	// Tags are the user's tags.
	Tags map[string]string `json:",omitempty"`
	// Adopt is "true" where a parameter that exists is taken over, whether no
	// stack owns it or another one does.
	Adopt string `json:",omitempty"`
	// Retain is [RetainAlways], [RetainUpdate] or "".
	Retain string `json:",omitempty"`
}

const (
	// RetainAlways keeps a parameter that leaves the properties, or whose resource is
	// deleted.
	RetainAlways = "true"
	// RetainUpdate keeps a parameter that leaves the properties. CloudFormation asks for a
	// Delete only where a Create is rolled back, and that removes it.
	RetainUpdate = "update"
)

// The tags of a parameter that say whose it is.
const (
	TagStack    = "sops:stack"    // the stack's id
	TagResource = "sops:resource" // the custom resource's logical id
	// TagPrevious is there until the resource is updated, or until its previous owner is
	// gone: VERSION/LOGICAL_ID of what was taken over. A Delete gives it back.
	TagPrevious = "sops:previous"
	// TagRequest is the mark of a request that fills the parameters, on the first of them,
	// for the requests before and after it.
	TagRequest = "sops:request"
	// TagSettings is a hash of key, tier and description as they were last written.
	TagSettings = "sops:settings"
)

// File is an encrypted file, and what of it lands: exactly one of Content, or Bucket with
// Key, says where it is. Or it is several files, which have these fields, while it has
// Files, Combine and Part alone.
type File struct {
	// Name is the file's path as the app gave it: for messages alone.
	Name string `json:",omitempty"`
	// Format is the file's format: one of the sopsfile.Format values.
	Format string `json:",omitempty"`
	// Part is the name of the map of the file that lands, as in flat JSON; "" for all.
	Part string `json:",omitempty"`
	// Files are the several files, and Combine how they become one.
	Files   []File         `json:",omitempty"`
	Combine render.Combine `json:",omitempty"`
	// Content is the encrypted file itself, as [EncodeFile] returns it.
	Content string `json:",omitempty"`
	// Bucket and Key name the S3 object that is the encrypted file.
	Bucket string `json:",omitempty"`
	Key    string `json:",omitempty"`
	// SHA256 is the object's hash, in lower-case hexadecimal, and LastModified when sops
	// changed the file last (RFC 3339, UTC): the function takes no other object. "" where
	// the template does not know the file; AllowedKeys then say what it may be.
	SHA256       string `json:",omitempty"`
	LastModified string `json:",omitempty"`
	// AllowedKeys are all the master keys, roles and recipients that the file may
	// name, where its content is not fixed by the template: whoever can write the
	// object could otherwise put another secret's file there.
	// An empty list allows none; nil says nothing.
	AllowedKeys []string `json:",omitzero"`
	// AgeIdentities are where the function reads age identities, all of them, when
	// a file's age entry is tried.
	AgeIdentities []AgeIdentity `json:",omitempty"`
}

// Selection returns what of which files lands.
func (f File) Selection() render.Selection {
	s := render.Selection{Name: f.Name, Part: f.Part, Combine: f.Combine}
	for _, each := range f.Files {
		s.Of = append(s.Of, each.Selection())
	}
	return s
}

// Single returns the single files, in the order in which Selection has them.
func (f File) Single() []File {
	if len(f.Files) == 0 {
		return []File{f}
	}
	var files []File
	for _, each := range f.Files {
		files = append(files, each.Single()...)
	}
	return files
}

// AgeIdentity is one place of age identities: the text of an identity file, as
// age-keygen writes it. Exactly one field is set.
type AgeIdentity struct {
	// SecretArn is the ARN of a secret whose string is the text.
	SecretArn string `json:",omitempty"`
	// ParameterName is the name of an SSM parameter of type SecureString whose
	// value is the text.
	ParameterName string `json:",omitempty"`
}

// The attributes that the function returns for Fn::GetAtt.
const (
	AttrArn       = "Arn"       // the target's full ARN
	AttrName      = "Name"      // the target's name
	AttrVersionID = "VersionId" // of a secret: the id of the version that is current after the sync
	AttrPath      = "Path"      // of parameters: the prefix, or the name of the only one, without slashes around it
)
