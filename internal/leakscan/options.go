package leakscan

import "github.com/ebb7bed6/sopscdk/internal/plaintext"

// Options say what is looked for, and where.
type Options struct {
	// Root is the folder of the app's assembly, cdk.out.
	Root string
	// Secrets are the values that are looked for. Those of fewer than eight bytes without
	// white space, and those that everybody writes, such as localhost, are left out.
	Secrets []Secret
	// Shown returns texts that everybody may see anyway, such as the encrypted files. A
	// value that stands in one of them is none that an assembly gives away. It is called
	// when something was found; nil stands for no texts.
	Shown func() [][]byte
	// Known are files that are not searched.
	Known []Known
	// Published are the secrets whose values are in a template on purpose.
	Published []Published
}

// Secret is a decrypted value that must not stand in the assembly.
type Secret struct {
	// File is the SOPS file, for messages, and Key the name of the value in it.
	File, Key string
	Text      plaintext.Text
}

// Known is a file by its content: its size in bytes, and its SHA-256 in hex.
type Known struct {
	Size   int64
	SHA256 string
}

// Published is a secret whose value is in its template on purpose. Only the value of the
// property SecretString of an AWS::SecretsManager::Secret in this template, as a whole, is
// passed over, and its copy in tree.json.
type Published struct {
	// TemplateFile is the name of the template's file.
	TemplateFile string
	SecretString plaintext.Text
}
