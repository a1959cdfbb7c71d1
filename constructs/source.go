package sopsconstructs

import (
	"fmt"

	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// source is a file as one construct takes it: what synth found in it.
type source struct {
	*SopsFile
	// read is the file at Path; nil where there is none, and where it cannot be used
	// for a stack that the command does not need.
	read  *synthfile.File
	names []string              // the keys of what lands; nil where they are not known
	needs []keypolicy.Statement // what the function needs to decrypt with KMS
	// clear are the names of clear values that sound secret, and profiles the AWS profiles
	// that the file names, for messages; "" for none.
	clear, profiles string
	// decryption is the file's, or nil where nothing is decrypted.
	decryption *synthfile.Decryption
}

// open reads and checks the file, and panics where it cannot be used. It starts the
// decryption, whose outcome is awaited before synthesis. For a stack that the
// command does not need nothing is decrypted, and what is wrong with the file is a
// warning: cdk ls and cdk destroy need no file.
func (s *site) open(file *SopsFile, output render.Output) source {
	src := source{SopsFile: file}
	if file.Path == "" {
		return src
	}
	err := s.inspect(&src, output)
	switch {
	case err != nil && !s.stack.inScope:
		s.warn("unusable", unneeded(err))
		return source{SopsFile: file}
	case err != nil:
		s.fail(fmt.Errorf("%w\n%s", err, waysRound([]string{fmt.Sprintf("%q", s.stack.path)}, false)))
	}
	if src.read.IsSample() {
		s.warn("demonstration", fmt.Sprintf("%s is the demonstration file: it cannot be deployed, since its KMS keys are fictitious. Delete it and create a new file, as the README says.", file.Path))
	}
	if src.clear != "" {
		s.warn("clear-values", fmt.Sprintf("%s holds values in clear text whose names say that they are secret: %s. If they are, correct the file's rule, encrypt it again and replace the values; else acknowledge this warning.", file.Path, src.clear))
	}
	if src.profiles != "" {
		s.warn("aws-profile", fmt.Sprintf("%s names AWS profiles (aws_profile): %s. Synth uses them where they exist. The function has no profiles and decrypts in its own role, so that role, or the role of the entry, must be allowed to use the key.", file.Path, src.profiles))
	}
	switch {
	case s.app.settings.skip:
		s.warn("skipped", fmt.Sprintf("%s was not decrypted, since %s=%s: its values and its MAC are not verified.", file.Path, contextDecrypt, decryptSkip))
	case s.stack.inScope:
		src.decryption = src.read.Decrypt(s.stack.env.region)
		s.app.decryptions.start(s, src.decryption, output)
	}
	return src
}

// namesIn returns the names of the keys that land from a file, which is not decrypted.
// It panics where the file cannot be used; for a stack that the command does not need,
// that is a warning.
func (s *site) namesIn(file *SopsFile, output Output) []string {
	read, err := s.app.files.Open(file.Path, file.format())
	var names []string
	if err == nil {
		names, err = read.Names(output.render())
	}
	switch {
	case err != nil && s.stack.inScope:
		s.fail(err)
	case err != nil:
		s.warn("unusable", unneeded(err))
	}
	return names
}

// unneeded is the text of a warning about a file of a stack that the command does not
// need.
func unneeded(err error) string {
	return fmt.Sprintf("%v. This command does not need the stack, so it goes on.", err)
}

// inspect takes from the file what needs no key.
func (s *site) inspect(src *source, output render.Output) (err error) {
	if src.read, err = s.app.files.Open(src.Path, src.format()); err != nil {
		return err
	}
	use, err := src.read.For(output, synthfile.Rules{AllowedKeys: src.allowedKeys(s.app), HasIdentities: len(src.AgeIdentities) > 0})
	src.needs, src.names, src.clear, src.profiles = use.Needs, use.Names, use.Clear, use.Profiles
	return err
}
