package sopsconstructs

import (
	"errors"
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// source is what one construct takes from its file, or files: what synth found there.
type source struct {
	*SopsFile
	files []sourceFile // the single files
	names []string     // the keys of what lands; nil where they are not known
	// parameters are the names of the parameters that land, likewise.
	parameters []render.ParameterName
	// selected is what is taken; nil where a file was not read.
	selected *synthfile.Selected
	// read are the files that were read.
	read []*synthfile.File
	// decryption is that of the files, or nil where nothing is decrypted.
	decryption *synthfile.Opening
}

// sourceFile is a single file of a source.
type sourceFile struct {
	*SopsFile
	// read is the file at Path; nil where there is none, and where it cannot be used
	// for a stack that the command does not need.
	read *synthfile.File
	synthfile.Use
}

// newSource returns the source of a file of which nothing was read yet.
func newSource(file *SopsFile) source {
	src := source{SopsFile: file}
	for _, single := range file.single() {
		src.files = append(src.files, sourceFile{SopsFile: single})
	}
	return src
}

// landing is what of a file lands, and how that is checked.
type landing struct {
	output render.Output
	// naming says which parameters the values make, where each makes one; else nil.
	naming *render.Naming
	// fits says what is wrong with the values themselves.
	fits func(*sopsfile.Tree) error
}

// inSecret is what lands in a secret.
func inSecret(o render.Output) landing {
	return landing{output: o, fits: func(t *sopsfile.Tree) error {
		_, err := render.ForSecret(t, o)
		return err
	}}
}

// inParameter is what lands in one parameter.
func inParameter(o render.Output, name, tier string) landing {
	return landing{output: o, fits: func(t *sopsfile.Tree) error {
		parameter, err := render.ForParameter(t, o, name)
		if err == nil {
			err = parameter.CheckTier(tier)
		}
		return err
	}}
}

// inParameters is what lands in one parameter for each value.
func inParameters(n render.Naming, tier string) landing {
	return landing{naming: &n, fits: func(t *sopsfile.Tree) error {
		list, err := render.Parameters(t, n)
		for _, parameter := range list {
			if err == nil {
				err = parameter.CheckTier(tier)
			}
		}
		return err
	}}
}

// readAhead starts to read the files of a construct that is made next, so that it need not
// wait for them. What is wrong with them is said when they are opened. Nothing is read in a
// scope that was not seen yet, nor of a file whose AllowedKeys are to be looked at first.
func readAhead(scope constructs.Construct, path string, file *SopsFile) {
	app := knownApp(scope)
	file, err := fileOf(path, file)
	if app == nil || err != nil {
		return
	}
	for _, single := range file.single() {
		if single.Path != "" && single.AllowedKeys == nil {
			go app.files.Prepare(single.Path, single.format())
		}
	}
}

// fileToFill returns the file of a construct that something is filled from, or announced
// of: what its properties name, once check has looked at it and at them. It panics where
// something is wrong.
func (s *site) fileToFill(path string, file *SopsFile, check func(*SopsFile) error) *SopsFile {
	file, err := fileOf(path, file)
	if err == nil {
		err = check(file)
	}
	if err != nil {
		s.fail(err)
	}
	return file
}

// open reads and checks the file, and panics where it cannot be used. It starts the
// decryption, whose outcome is awaited before synthesis. For a stack that the
// command does not need nothing is decrypted, and what is wrong with the file is a
// warning: cdk ls and cdk destroy need no file.
func (s *site) open(file *SopsFile, lands landing) source {
	src := newSource(file)
	err := s.inspect(&src, lands)
	switch {
	case s.setAside(err):
		return newSource(file)
	case err != nil:
		s.fail(fmt.Errorf("%w\n%s", err, waysRound([]string{fmt.Sprintf("%q", s.stack.path)}, false)))
	}
	for _, each := range src.files {
		s.warnOf(each)
	}
	s.warnOfPositions(src.selected, lands.output)
	if s.stack.inScope && !s.app.settings.skip && len(src.read) > 0 {
		if src.selected != nil {
			src.decryption = src.selected.Decrypt(s.stack.env.region)
		} else { // what lands is not known, but the files that are here are verified
			src.decryption = synthfile.Verify(s.stack.env.region, src.read...)
		}
		s.app.decryptions.start(s, src.decryption, lands)
	}
	return src
}

// setAside reports whether a file with that fault is as if it had not been read: for a stack
// that the command does not need, where the fault is a warning, and where it breaks the app's
// policy, which the validation of the app reports.
func (s *site) setAside(err error) bool {
	broken, breaks := errors.AsType[brokenPolicy](err)
	switch {
	case err != nil && !s.stack.inScope:
		s.warn("unusable", unneeded(err))
	case breaks:
		s.noteViolations(broken)
	default:
		return false
	}
	return true
}

// warnOf warns of what a file holds that may not be meant.
func (s *site) warnOf(file sourceFile) {
	if file.read == nil {
		return
	}
	for _, w := range file.read.Warnings(file.Use) {
		s.warn(w.ID, w.Text)
	}
	if text := file.read.Overridden(); text != "" && !s.app.overridden[text] {
		s.app.overridden[text] = true
		s.warn("sops-environment", text)
	}
	if s.app.settings.skip {
		s.warn("skipped", fmt.Sprintf("%s was not decrypted, since %s=%s: its values and its MAC are not verified, and what is synthesized is not searched for its values.", file.Path, contextDecrypt, decryptSkip))
	}
}

// namesIn returns the names of the keys that land from a file, which is not decrypted.
// It panics where the file cannot be used; for a stack that the command does not need,
// that is a warning.
func (s *site) namesIn(file *SopsFile, output Output) ([]string, *synthfile.Selected) {
	src := newSource(file)
	err := s.read(&src)
	if err == nil && src.selected != nil {
		src.names, err = src.selected.Names(output.render())
	}
	if !s.setAside(err) && err != nil {
		s.fail(err)
	}
	s.warnOfPositions(src.selected, output.render())
	return src.names, src.selected
}

// unneeded is the text of a warning about a file of a stack that the command does not
// need.
func unneeded(err error) string {
	return fmt.Sprintf("%v. This command does not need the stack, so it goes on.", err)
}

// read reads the files of src that have a Path, and holds them against the app's policy and
// against what the app says of them.
func (s *site) read(src *source) (err error) {
	if s.app.first == nil {
		s.app.first = s
	}
	for _, file := range src.files {
		if file.Path == "" {
			continue
		}
		if err := s.app.files.CheckAllowed(file.Path, file.format(), file.AllowedKeys); err != nil {
			return err
		}
	}
	for i := range src.files {
		file := &src.files[i]
		if file.Path == "" {
			continue
		}
		if file.read, err = s.app.files.Open(file.Path, file.format()); err != nil {
			return err
		}
		if err = file.read.CheckAllowed(file.AllowedKeys); err != nil {
			return err
		}
		if err = file.read.CheckNotSecret(file.NotSecret); err != nil {
			return err
		}
		s.app.checks.leaks.leave(file.SopsFile)
		src.read = append(src.read, file.read)
	}
	if len(src.read) == len(src.files) {
		src.selected = synthfile.Select(src.selection(), src.read...)
	}
	return s.checkPolicy(src)
}

// inspect takes from the files what needs no key.
func (s *site) inspect(src *source, lands landing) (err error) {
	if err := s.read(src); err != nil {
		return err
	}
	for i := range src.files {
		file := &src.files[i]
		if file.read == nil {
			continue
		}
		if file.Use, err = file.read.Use(synthfile.Rules{
			AllowedKeys: file.AllowedKeys, Limited: s.app.limitedByPolicy(), HasIdentities: len(file.AgeIdentities) > 0, Region: s.stack.region,
		}); err != nil {
			return err
		}
	}
	switch {
	case src.selected == nil:
	case lands.naming != nil:
		src.parameters, err = src.selected.ParameterNames(*lands.naming)
	default:
		src.names, err = src.selected.Names(lands.output)
	}
	return err
}
