package synthfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// Rules are what a construct asks of its file, besides what holds for every file.
type Rules struct {
	// AllowedKeys are all that the file may name as master keys: see
	// [keypolicy.CheckAllowed]. nil allows everything, an empty list nothing.
	AllowedKeys []string
	// Limited says that something else limits what the file may name.
	Limited bool
	// HasIdentities says that the function has age identities.
	HasIdentities bool
	// Region is the function's, or a token of the CDK for it.
	Region string
}

// Use is what a construct must know of a file, whatever it takes from it.
type Use struct {
	// Needs are the statements that the function needs to decrypt with KMS.
	Needs []keypolicy.Statement
	// Clear are names of values that stand in clear text although their names say that
	// they are secret, quoted for a message; "" for none.
	Clear string
	// Profiles are the AWS profiles that KMS entries name, quoted for a message; "" for
	// none. The function has no profiles.
	Profiles string
	// UnlimitedRoles are the roles that KMS entries name while nothing limits them,
	// quoted for a message; "" for none.
	UnlimitedRoles string
}

// Use returns what a construct must know of the file, or an error when the file breaks the
// rules.
func (f *File) Use(r Rules) (Use, error) {
	if err := f.Check(r); err != nil {
		return Use{}, err
	}
	needs, err := f.Needs(r.Region)
	if err != nil {
		return Use{}, err
	}
	clear, err := f.clear()
	if err != nil {
		return Use{}, err
	}
	use := Use{Needs: needs, Clear: clear, Profiles: f.named(func(k sopsfile.MasterKey) string { return k.AWSProfile })}
	if r.AllowedKeys == nil && !r.Limited {
		use.UnlimitedRoles = f.named(func(k sopsfile.MasterKey) string { return k.Role })
	}
	return use, nil
}

// clear returns the names of clear values that sound secret, or an error where the file
// protects nothing.
func (f *File) clear() (string, error) {
	clear, err := render.FindClear(f.parsed.Ciphertext())
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.path, err)
	}
	if rule := f.parsed.Metadata().Rule; clear.All {
		return "", fmt.Errorf("%s protects nothing: its rule, %s %s, leaves every value in clear text; correct the rule in .sops.yaml and encrypt the values again, and replace them if the file was ever pushed", f.path, rule.Type, filetext.Quote(rule.Pattern))
	}
	names := strings.Join(filetext.Quoted(clear.Secret), ", ")
	if clear.More > 0 {
		names += fmt.Sprintf(" and %d more", clear.More)
	}
	return names, nil
}

// named returns what the file's KMS entries name, each once, quoted for a message.
func (f *File) named(name func(sopsfile.MasterKey) string) string {
	return strings.Join(filetext.Quoted(f.ofKeys(name)), ", ")
}

// Check returns an error when the file breaks the rules, or when the function could
// not decrypt it. It is called before any key is asked for.
func (f *File) Check(r Rules) error {
	if err := f.CheckAllowed(r.AllowedKeys); err != nil {
		return err
	}
	if err := openable(f.parsed.Metadata(), f.path, r.HasIdentities); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// CheckAllowed returns an error when the file names a master key that is not allowed: see
// [Rules]. It is called before any key is asked for.
func (f *File) CheckAllowed(allowed []string) error {
	return checkAllowed(f.path, f.parsed.Metadata(), allowed, f.sample)
}

// CheckAllowed returns an error when the file at path names a key, a role or a recipient
// that is not in allowed: see [Rules]. It reads nothing but the file's metadata, so that a
// hostile file costs nothing more. A file that was opened, or that cannot be read in this
// way, is checked by [File.Use].
func (f *Files) CheckAllowed(path string, format sopsfile.Format, allowed []string) error {
	if allowed == nil || f.opened(path, format) {
		return nil
	}
	place, _ := locate(path)
	if format == "" {
		format = sopsfile.FormatOf(path)
	}
	content, err := f.content(fileID{path, format}, place)
	if err != nil {
		return nil // and Open says so
	}
	content = syncprotocol.WithLF(content)
	metadata, ok := sopsfile.ReadMetadata(content, format)
	if !ok || slices.Contains(keypolicy.Names(metadata), demonstration.Recipient) { // of which Open has more to say
		return nil
	}
	return checkAllowed(path, metadata, allowed, false)
}

// checkAllowed returns an error when a file's metadata names what is not allowed; nil
// allows everything.
func checkAllowed(path string, m *sopsfile.Metadata, allowed []string, sample bool) error {
	if allowed == nil {
		return nil
	}
	if sample { // which no other file can be: its own recipient needs no entry
		allowed = append(slices.Clone(allowed), demonstration.Recipient)
	}
	if err := keypolicy.CheckAllowed(m, allowed); err != nil {
		return fmt.Errorf("%s: %w; add it to AllowedKeys if it may be used, else take it out of the file with \"sops rotate\"", path, err)
	}
	return nil
}

// openable returns an error unless the function can get the data key: with KMS, and
// with age if it has identities.
func openable(m *sopsfile.Metadata, path string, hasIdentities bool) error {
	can, needs := keypolicy.Openable(m, hasIdentities)
	if can >= needs {
		return nil
	}
	add := fmt.Sprintf("add one with \"%s\"", inFolder(path, "sops rotate --in-place --add-kms KEY_ARN"))
	unread, hasAge := unreadTypes(m)
	if hasAge && !hasIdentities {
		add += ", or pass AgeIdentities for its age recipients"
	}
	switch {
	case hasAge && hasIdentities && can == 0:
		return errors.New("it has no KMS key, and its age recipients are of age plugins, which the function does not have; " + add + ", or a recipient without a plugin")
	case len(m.Groups) > 1:
		return fmt.Errorf("%d of its %d key groups have a KMS key, and the function needs %d to decrypt; %s", can, len(m.Groups), needs, add)
	case len(unread) > 0 && !hasAge:
		return fmt.Errorf("its keys are of the type %s alone, and neither synth nor the function can use one; whoever can decrypt it adds a KMS key with \"%s\"",
			strings.Join(unread, " and "), inFolder(path, "sops rotate --in-place --add-kms KEY_ARN"))
	}
	return errors.New("it has no KMS key, and the function has nothing else to decrypt with; " + add)
}

// unreadTypes returns the types of the file's keys that are not read here, and whether it
// has age recipients.
func unreadTypes(m *sopsfile.Metadata) (unread []string, hasAge bool) {
	for _, group := range m.Groups {
		for _, key := range group {
			switch t := string(key.Type); {
			case key.Type == sopsfile.Age:
				hasAge = true
			case key.Type != sopsfile.KMS && !slices.Contains(unread, t):
				unread = append(unread, t)
			}
		}
	}
	return unread, hasAge
}
