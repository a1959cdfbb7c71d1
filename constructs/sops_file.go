package sopsconstructs

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// SopsFile is a SOPS file: where it is, and how it may be read. Several constructs may
// take the same one, or parts of it ([SopsFile.Select]); it is read and decrypted once.
// Several files land as one by [SopsFile.Overlay] or [MergeFiles].
type SopsFile struct {
	// Path is the file, relative to the folder of cdk.json: to the working folder, which
	// that is under the cdk command, and else to the nearest folder above with a
	// cdk.json, as where "go test" runs. It is read and checked at synth.
	// Required, unless Bucket says where the file is.
	Path string
	// Format is the file's format: "json", "yaml", "dotenv", "ini" or "binary".
	// Default: by the ending of its name, as sops decides: .json, .yaml, .yml,
	// .env, .ini; everything else is binary.
	Format string
	// Bucket and Key are an S3 object from which the function takes the encrypted
	// file. Both may be tokens, such as parameters of the stack.
	//
	// Whoever can write the object could have another file published that the function can
	// open, such as another secret's. So the object is bound. With Path beside it, it must
	// be that file, by its hash: upload it before each deploy. That file is also checked at
	// synth, and says which keys the function may use. Without Path, DecryptionKeys do, the
	// names of keys are not checked, and DecryptionContext binds the object.
	// Default: the file travels in the template, or as an asset if it is large.
	Bucket awss3.IBucket
	Key    string
	// UnboundObject accepts every file that is put at Key and that the function can open
	// with the keys that the file may name. For a file at Path, the object may then change
	// without a change of the stack: see Resync of the construct.
	// Default: false.
	UnboundObject bool
	// DecryptionKeys are the KMS keys of a file that is in Bucket alone. The function
	// may decrypt with them.
	// Default: none; the keys of the file at Path.
	DecryptionKeys []awskms.IKey
	// DecryptionContext is the encryption context that the file in Bucket has for each of
	// DecryptionKeys (sops encrypt --encryption-context NAME:VALUE). The function accepts
	// no other file, so name the secret in it, as in {"secret": "prod/database"}. No other
	// file may have it with the same key.
	// Default: none, and the file has no context.
	DecryptionContext map[string]string
	// AllowedKeys are all that the file may name as master keys, written as in
	// [FilePolicy], whose own AllowedKeys hold besides. An empty list that is not nil allows
	// none.
	// Default: what the app's FilePolicy allows, else anything, with a warning if the file
	// names a role.
	AllowedKeys []string
	// NotSecret are names of values in the file, as flat JSON has them, that may stand in
	// what the app synthesizes, such as a user name that a template has too. Synth fails
	// where it finds any other decrypted value there: see [NewSopsSecret].
	// Default: none.
	NotSecret []string
	// AgeIdentities are where the function finds age identities, for a file whose
	// groups have no KMS key.
	// Default: none; the function decrypts with KMS.
	AgeIdentities []*AgeIdentity

	// parts are the names of [SopsFile.Select], each inside the one before.
	parts []string
	// of are the files of [SopsFile.Overlay] or [MergeFiles], and combine says of which.
	of      []*SopsFile
	combine render.Combine
}

// fileOf returns the file that props name, in one of two ways.
func fileOf(path string, file *SopsFile) (*SopsFile, error) {
	switch {
	case path != "" && file != nil:
		return nil, errors.New("both SopsFilePath and SopsFile; SopsFilePath is the short form for a SopsFile with nothing but a Path, so remove one")
	case path == "" && file == nil:
		return nil, errors.New("no SopsFilePath; name the SOPS file, relative to the folder of cdk.json")
	case file == nil:
		file = &SopsFile{Path: path}
	}
	return file, file.check()
}

// maxPath is how long a path or the key of an object may be, in bytes. S3 takes 1,024.
const maxPath = 1024

// check returns what is wrong with the fields themselves.
func (f *SopsFile) check() error {
	if err := f.checkParts(); err != nil {
		return err
	}
	if f.combine != "" {
		return f.checkCombined()
	}
	for name, s := range map[string]string{"path of the SOPS file": f.Path, "Key of a SopsFile": f.Key} {
		if err := filetext.Check(s, maxPath); err != nil && !isToken(s) { // it becomes part of the template and of messages
			return fmt.Errorf("the %s %w: %s", name, err, filetext.Quote(s))
		}
	}
	if err := checkAllowedKeys(f.AllowedKeys); err != nil {
		return fmt.Errorf("AllowedKeys: %w", err)
	}
	formats := sopsfile.Formats()
	switch {
	case isToken(f.Path):
		return errors.New("the path of the SOPS file is a token; pass the path itself, since the file is read at synth")
	case f.Path == "" && f.Bucket == nil && f.Key == "":
		return errors.New("the SopsFile has neither Path nor Bucket; name the file, relative to the folder of cdk.json")
	case (f.Bucket == nil) != (f.Key == ""):
		return errors.New("the Bucket and Key of a SopsFile name one object together; pass both or none")
	case f.Path == "" && len(f.DecryptionKeys)+len(f.AgeIdentities) == 0:
		return errors.New("no DecryptionKeys; name the KMS keys of the file in Bucket, or pass the same file as Path, which names them")
	case f.Path == "" && len(f.AgeIdentities) > 0 && f.AllowedKeys == nil:
		return errors.New("no AllowedKeys; name the age recipients, and KMS keys if any, that the object in Bucket may have: whoever can write it could otherwise have the function publish another file that it can open")
	case f.Bucket != nil && f.AllowedKeys != nil && len(f.AllowedKeys) == 0:
		return errors.New("AllowedKeys is empty, and the object in Bucket could name no key at all; name the keys that it may have")
	case f.Bucket == nil && f.UnboundObject:
		return errors.New("UnboundObject has no effect without Bucket; remove it")
	case f.Path != "" && len(f.DecryptionContext) > 0:
		return errors.New("DecryptionContext beside Path would have no effect, since the file names its encryption contexts; remove it")
	case slices.Contains(f.AgeIdentities, nil):
		return errors.New("an entry of AgeIdentities is nil; pass places of identities alone")
	case f.Path == "" && len(f.NotSecret) > 0:
		return errors.New("NotSecret without Path would have no effect, since the values of the object in Bucket are not known at synth; remove it")
	case f.Path != "" && len(f.DecryptionKeys) > 0:
		return errors.New("DecryptionKeys beside Path would have no effect, since the file names its keys; remove them")
	case f.Path == "" && f.Format == "" && isToken(f.Key):
		return errors.New("no Format, and Key is a token, whose ending is not known; pass the format")
	case f.Format != "" && !slices.Contains(formats, f.Format):
		return fmt.Errorf("unknown Format %q; known are %s", f.Format, nearest.List(formats))
	}
	return f.checkBinding()
}

// name returns the file's name for messages, with what is selected of it.
func (f *SopsFile) name() string { return f.selection().String() }

// baseName returns the name of a single file for messages, without what differs from one
// machine to the next.
func (f *SopsFile) baseName() string {
	switch path := f.Path; {
	case path == "":
		return f.Key
	case filepath.IsAbs(path):
		return filepath.Base(path)
	default:
		return filepath.ToSlash(filepath.Clean(path))
	}
}

// isForFunction reports whether the file has fields for the function alone.
func (f *SopsFile) isForFunction() bool { return f.Bucket != nil || len(f.AgeIdentities) > 0 }

// format returns the file's format, given or by its name.
func (f *SopsFile) format() sopsfile.Format {
	switch {
	case f.Format != "":
		return sopsfile.Format(f.Format)
	case f.Path != "":
		return sopsfile.FormatOf(f.Path)
	}
	return sopsfile.FormatOf(f.Key)
}

// checkAllowedKeys returns an error for an entry that could allow nothing.
func checkAllowedKeys(keys []string) error {
	for _, key := range keys {
		if err := keypolicy.CheckAllowedEntry(key); err != nil {
			return err
		}
	}
	return nil
}
