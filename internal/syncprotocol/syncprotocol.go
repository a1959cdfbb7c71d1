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
const Version = "1"

// Properties are the custom resource's properties. CloudFormation passes every
// scalar as a string, so all of them are strings here. Exactly one of File, or
// FileBucket with FileKey, says where the encrypted file is.
type Properties struct {
	// Protocol is Version of the library that synthesized the template.
	Protocol string
	// SecretArn is the ARN of the secret to write.
	SecretArn string
	// FileName is the file's path as the app gave it: for messages alone.
	FileName string
	// Format is the file's format: one of the sopsfile.Format values.
	Format string
	// Render says what lands in the secret: one of the render.Mode values.
	Render render.Mode
	// File is the encrypted file itself, compressed with gzip, in base64.
	File string `json:",omitempty"`
	// FileBucket and FileKey name the S3 object that is the encrypted file.
	FileBucket string `json:",omitempty"`
	FileKey    string `json:",omitempty"`
	// AllowedKeys are all the master keys, roles and recipients that the file may
	// name, where its content is not fixed by the template: whoever can write the
	// object FileKey could otherwise put another secret's file there.
	AllowedKeys []string `json:",omitempty"`
	// AgeIdentities are where the function reads age identities, all of them, when
	// a file's age entry is tried.
	AgeIdentities []AgeIdentity `json:",omitempty"`
	// Resync is any text: a change of it makes CloudFormation sync again. The
	// function does not look at it.
	Resync string `json:",omitempty"`
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
	AttrSecretArn  = "SecretArn"  // the secret's full ARN
	AttrSecretName = "SecretName" // the secret's name
	AttrVersionID  = "VersionId"  // the id of the version that is AWSCURRENT after the sync
)
