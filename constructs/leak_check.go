package sopsconstructs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// The rules about decrypted values in the assembly.
const (
	// ruleLeak is about a file that holds one.
	ruleLeak = "leak"
	// ruleUnsearched is about a file of which a part was not searched.
	ruleUnsearched = "unsearched"
)

// leakCheck looks for the values that this run decrypted in what it synthesized: see
// package leakscan.
type leakCheck struct {
	// outdir is the folder of the app's assembly. It is asked for when the app is first
	// seen, since a callback makes no requests.
	outdir      string
	decryptions *decryptions
	// notSecret are the names in [SopsFile.NotSecret], by the file: see fileKey.
	notSecret map[string]map[string]bool
	// known are the functions that were built here, and published the secrets with
	// UnsafePlaintextInTemplate.
	known     []leakscan.Known
	published []leakscan.Published
	// checked reports whether an assembly was searched, and finds are those of the last one.
	checked bool
	finds   []leakscan.Find
}

// leave takes the names of a file's NotSecret out of the search.
func (c *leakCheck) leave(file *SopsFile) {
	key := fileKey(file.Path)
	for _, name := range file.NotSecret {
		if c.notSecret[key] == nil {
			if c.notSecret == nil {
				c.notSecret = map[string]map[string]bool{}
			}
			c.notSecret[key] = map[string]bool{}
		}
		c.notSecret[key][name] = true
	}
}

// fileKey is the same for all ways to write the path of a file.
func fileKey(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}

// pass takes a function that was built here out of the search. (One that was built
// elsewhere is a file like any other.)
func (c *leakCheck) pass(built functionbuild.Result) {
	if info, err := os.Stat(built.Zip); err == nil { // else it is searched
		c.known = append(c.known, leakscan.Known{Size: info.Size(), SHA256: built.SHA256})
	}
}

// check searches the assembly. Its findings name keys and files, and no values.
func (c *leakCheck) check() []assembly.Finding {
	c.checked, c.finds = true, nil
	decryptions := c.decryptions.each()
	result, err := leakscan.Scan(leakscan.Options{
		Root: c.outdir, Secrets: c.secrets(decryptions), Known: c.known, Published: c.published,
		Shown: func() [][]byte { return shown(decryptions) },
	})
	if err != nil {
		return []assembly.Finding{{Rule: assembly.RuleUnreadable, Severity: assembly.Fatal, Description: filetext.Message(err.Error()), Fix: "synthesize again"}}
	}
	c.finds = result.Finds
	var findings []assembly.Finding
	for _, find := range few(result.Finds) {
		findings = append(findings, leakFinding(find))
	}
	if more := len(result.Finds) - len(findings); more > 0 {
		findings = append(findings, assembly.Finding{Rule: ruleLeak, Severity: assembly.Fatal, Description: fmt.Sprintf("decrypted values are in %d more files", more), Fix: "take those above out first"})
	}
	if len(result.Unsearched) > 0 {
		var files []string
		for _, u := range few(result.Unsearched) {
			files = append(files, near(u.Path)+": "+u.Reason)
		}
		text := strings.Join(files, "; ")
		if more := len(result.Unsearched) - mostLeaks; more > 0 {
			text += fmt.Sprintf("; and %d more files", more)
		}
		findings = append(findings, assembly.Finding{
			Rule: ruleUnsearched, Severity: assembly.Warning,
			Description: filetext.Message("not searched for decrypted values in full: " + text),
			Fix:         "look at what these files are made of, then acknowledge this rule",
		})
	}
	return findings
}

const (
	// mostLeaks is how many files are named, and mostLeaked how many values in each.
	mostLeaks  = 20
	mostLeaked = 20
)

func few[T any](list []T) []T { return list[:min(len(list), mostLeaks)] }

// secrets returns the values that are searched for.
func (c *leakCheck) secrets(decryptions []*synthfile.Decryption) []leakscan.Secret {
	var secrets []leakscan.Secret
	for _, d := range decryptions {
		leave := c.notSecret[fileKey(d.Path())]
		for _, v := range d.Values() {
			if !leave[v.Name] {
				secrets = append(secrets, leakscan.Secret{File: d.Path(), Key: v.Name, Text: v.Text})
			}
		}
	}
	return secrets
}

// shown returns what everybody may read of the files.
func shown(decryptions []*synthfile.Decryption) [][]byte {
	var texts [][]byte
	for _, d := range decryptions {
		texts = append(texts, d.Shown()...)
	}
	return texts
}

func leakFinding(find leakscan.Find) assembly.Finding {
	fix := "take it out of what the app is made of and refer to the secret instead, or name it in NotSecret of its SopsFile if it is none"
	if find.Removable() {
		fix += "; delete " + near(find.Path)
	}
	return assembly.Finding{
		Rule: ruleLeak, Severity: assembly.Fatal, Locations: find.Locations,
		Description: filetext.Message(near(find.Path) + " holds the decrypted value of " + leaked(find)),
		Fix:         filetext.Message(fix + "; replace the value if the file was shared or deployed"),
	}
}

// leaked names the values of a find, and their places.
func leaked(find leakscan.Find) string {
	text := strings.Join(find.Keys[:min(mostLeaked, len(find.Keys))], ", ")
	if more := len(find.Keys) - mostLeaked; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if len(find.Locations) > 0 {
		text += ", at " + strings.Join(find.Locations, ", ")
	}
	return text
}

// near returns a path as one types it in the working folder.
func near(path string) string {
	folder, err := os.Getwd()
	if err != nil {
		return path
	}
	if resolved, err := filepath.EvalSymlinks(folder); err == nil {
		folder = resolved
	}
	if relative, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return path
}

// remove deletes the files with finds, and returns an error that names them and the
// values; nil where there are none. It is for after the synthesis.
func (c *leakCheck) remove() error {
	if len(c.finds) == 0 {
		return nil
	}
	lines := []string{"constructs: decrypted values are in what was synthesized:"}
	for _, find := range c.finds {
		line := "  " + near(find.Path)
		switch err := find.Remove(); {
		case !find.Removable():
			line += ", which is a source of the app,"
		case err == nil:
			line += ", now deleted,"
		case !errors.Is(err, os.ErrNotExist):
			line += ", which could not be deleted,"
		}
		line += " holds " + leaked(find)
		if len(lines) <= mostLeaks {
			lines = append(lines, line)
		}
	}
	if more := len(c.finds) - mostLeaks; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more files, now deleted, hold further ones", more))
	}
	lines = append(lines, "take them out of what the app is made of and refer to the secret instead; name a value that is no secret in NotSecret of its SopsFile; replace values that were shared or deployed")
	return errors.New(filetext.Message(strings.Join(lines, "\n")))
}
