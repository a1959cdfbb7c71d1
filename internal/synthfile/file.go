package synthfile

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/smallfile"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// File is one encrypted file, read and checked without a key.
type File struct {
	files   *Files
	path    string // as the app names it
	place   string // where it is
	content []byte // with LF alone: see syncprotocol.WithLF
	// asOnDisk says that the file at place holds just that.
	asOnDisk bool
	parsed   *sopsfile.File
	sample   bool

	encode func() (string, error)

	mu         sync.Mutex
	decryption map[string]*Decryption // by region
}

// read reads a file, and says in its errors what to do.
func (f *Files) read(path string, format sopsfile.Format) (*File, error) {
	place, searched := locate(path)
	content, err := f.content(fileID{path, format}, place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s%s; create it with \"%s\"%s", path, in(searched), createCommand(path), f.rulesHint(path))
	}
	if err != nil {
		return nil, fmt.Errorf("failed to read file: %w; check the path and the permissions", err) // err names the file
	}
	file, err := f.Parse(path, content, format)
	if err != nil {
		return nil, err
	}
	file.place = place
	if demonstration.IsPublic(file.parsed) {
		if file.sample = demonstration.IsSample(file.content); !file.sample {
			return nil, fmt.Errorf("everyone can read %s: it was made from the demonstration file, or is encrypted to its published recipient %s; delete it, replace the values that were in it, and create a new file (an edit, a copy and \"sops updatekeys\" keep the data key, which is published too)", path, demonstration.Recipient)
		}
	}
	return file, nil
}

// Parse returns a file with this content, such as another version of the one at path. Unlike
// [Files.Open] it takes a file that everyone can read.
func (f *Files) Parse(path string, content []byte, format sopsfile.Format) (*File, error) {
	if format == "" {
		format = sopsfile.FormatOf(path)
	}
	if err := checkEncoding(content); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	onDisk := content
	content = syncprotocol.WithLF(content) // so the template is the same on every machine
	parsed, err := sopsfile.Parse(content, format)
	var clear *sopsfile.ClearError
	switch {
	case errors.As(err, &clear):
		return nil, fmt.Errorf("%s is not encrypted; correct it first (%w); %s", path, clear.Syntax, f.encryptIt(path))
	case errors.Is(err, sopsfile.ErrNotEncrypted):
		return nil, fmt.Errorf("%s is not encrypted; %s", path, f.encryptIt(path))
	case errors.Is(err, sopsfile.ErrEmpty):
		return nil, fmt.Errorf("%s is empty; delete it, and create it with \"%s\"%s", path, createCommand(path), f.rulesHint(path))
	case err != nil:
		return nil, fmt.Errorf("%s: %w%s", path, err, unreadable(path, content, format, err))
	}
	file := &File{files: f, path: path, place: path, content: content, asOnDisk: len(content) == len(onDisk), parsed: parsed, decryption: map[string]*Decryption{}}
	file.encode = sync.OnceValues(func() (string, error) { return syncprotocol.EncodeFile(content) })
	return file, nil
}

// encryptIt is the remedy for a file in clear text.
func (f *Files) encryptIt(path string) string {
	return fmt.Sprintf("encrypt it with \"%s\", and replace its values if it was ever pushed%s", inFolder(path, "sops encrypt --in-place"), f.rulesHint(path))
}

// unreadable is the remedy for a file that could not be read; "" where the error says what
// to do, or where nothing is known.
func unreadable(path string, content []byte, format sopsfile.Format, err error) string {
	other := otherFormat(content, format)
	switch {
	case other != "" || !sopsfile.Damaged(err):
		return other
	case errors.Is(err, sopsfile.ErrClear):
		return fmt.Sprintf("; take it out, add it with \"%s\", and replace it if it was ever pushed", inFolder(path, "sops edit"))
	}
	return lastGood(path)
}

// lastGood is the remedy for a file that was changed without sops.
func lastGood(path string) string {
	return fmt.Sprintf("; take the last good version from git, and make the change again with \"%s\"", inFolder(path, "sops edit"))
}

// otherFormat is the remedy for a file that is of another format than it was read in, as
// .env.production or secrets.yaml.enc, which sops takes for binary by their endings; ""
// for any other file that could not be read.
func otherFormat(content []byte, format sopsfile.Format) string {
	like := sopsfile.LooksLike(content)
	ending := map[sopsfile.Format]string{sopsfile.JSON: ".json", sopsfile.YAML: ".yaml", sopsfile.Dotenv: ".env", sopsfile.INI: ".ini"}[like]
	if like == format || ending == "" || like == sopsfile.JSON && format == sopsfile.YAML {
		return ""
	}
	if _, err := sopsfile.Parse(content, like); err != nil {
		return "" // it is no good file of that format, either
	}
	return fmt.Sprintf("; pass a SopsFile with Format %q, or give the file a name that ends in %s, by which sops knows the format too", like, ending)
}

// ReadFile reads a file, and no more of it than shows that it is too large.
func ReadFile(path string) ([]byte, error) { return smallfile.Read(path, sopsfile.MaxSize) }

// Format returns the format that the file was read in.
func (f *File) Format() sopsfile.Format { return f.parsed.Format() }

// LastModified returns when sops changed the file last, as the file says.
func (f *File) LastModified() time.Time { return f.parsed.Metadata().LastModified }

// IsSample reports whether the file is the published demonstration file, which
// cannot be deployed.
func (f *File) IsSample() bool { return f.sample }

// Overridden returns a warning where the environment puts other master keys in the place of
// those that the creation rule for the file has, or "": see [creationrules.Finder.Overridden].
func (f *File) Overridden() string { return f.files.rules.Overridden(f.place) }

// MasterKeys returns all that the file names as master keys: ids and roles.
func (f *File) MasterKeys() []string { return keypolicy.Names(f.parsed.Metadata()) }

// Needs returns the statements that a function in region needs to decrypt the file with
// KMS. region may be a token of the CDK.
func (f *File) Needs(region string) ([]keypolicy.Statement, error) {
	statements, err := keypolicy.ForFile(f.parsed.Metadata(), region)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; correct the entry in .sops.yaml, and encrypt the values again", f.path, err)
	}
	return statements, nil
}

// Whole returns all of the file.
func (f *File) Whole() *Selected { return Select(render.Selection{Name: f.path}, f) }

// Encoded returns the file as a template carries it.
func (f *File) Encoded() (string, error) {
	encoded, err := f.encode()
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.path, err)
	}
	return encoded, nil
}

// SHA256 returns the hash of what [File.Encoded] encodes, in lower-case hexadecimal.
func (f *File) SHA256() string { return syncprotocol.SHA256(f.content) }

// GitBlob returns the id that git gives to the file's content: the SHA-1 of a header
// and the content (see "Git objects" in the Pro Git book). With it, "git log
// --find-object" finds the commit.
func (f *File) GitBlob() string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(f.content))
	h.Write(f.content)
	return hex.EncodeToString(h.Sum(nil))
}

// Metadata is what the file says about itself. The caller must not change it.
func (f *File) Metadata() *sopsfile.Metadata { return f.parsed.Metadata() }

// Sized returns the tree of the file with its values' lengths, which need no key: see
// [sopsfile.File.Sized].
func (f *File) Sized() *sopsfile.Tree { return f.parsed.Sized() }
