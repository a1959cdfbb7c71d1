package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// maxSecret is the number of bytes that Secrets Manager stores in one version,
// as its quotas say.
const maxSecret = 65536

// check refuses properties that this function does not understand.
func check(p syncprotocol.Properties) error {
	if p.Protocol != syncprotocol.Version {
		return fmt.Errorf("the template has protocol %s and this function has %q: synthesize and deploy again, so that template and function come from one release",
			short(p.Protocol), syncprotocol.Version)
	}
	switch p.Render {
	case render.Flat, render.Nested, render.Raw, render.Binary:
	default:
		return fmt.Errorf("this function does not know how to render %s: synthesize and deploy again, so that template and function come from one release",
			short(string(p.Render)))
	}
	switch sopsfile.Format(p.Format) {
	case sopsfile.JSON, sopsfile.YAML, sopsfile.Dotenv, sopsfile.INI, sopsfile.Binary:
	default:
		return fmt.Errorf("this function does not know the format %s: synthesize and deploy again, so that template and function come from one release",
			short(p.Format))
	}
	switch {
	case p.SecretArn == "":
		return errors.New("property SecretArn is missing: nothing says which secret to write")
	case p.File == "" && (p.FileBucket == "" || p.FileKey == ""):
		return errors.New("properties File, or FileBucket and FileKey, are missing: nothing says what to write")
	case p.File != "" && (p.FileBucket != "" || p.FileKey != ""):
		return errors.New("properties File and FileBucket exclude each other")
	}
	for i, at := range p.AgeIdentities {
		if (at.SecretArn == "") == (at.ParameterName == "") {
			return fmt.Errorf("property AgeIdentities: entry %d must have either SecretArn or ParameterName", i+1)
		}
	}
	return nil
}

// short quotes a property that should be a short word.
func short(s string) string {
	if len(s) > 20 {
		return fmt.Sprintf("%q…", s[:20])
	}
	return fmt.Sprintf("%q", s)
}

// render decrypts the file and renders what lands in the secret.
func (s *task) render(ctx context.Context, p syncprotocol.Properties) (content, error) {
	s.at("reading the file")
	data, err := s.file(ctx, p)
	if err != nil {
		return content{}, err
	}
	f, err := sopsfile.Parse(data, sopsfile.Format(p.Format))
	if err != nil {
		return content{}, fmt.Errorf("%q: %w", p.FileName, err)
	}
	if demonstration.IsPublic(f) {
		return content{}, fmt.Errorf("%q can be read by everyone: it is the demonstration file or was made from it; replace its values, and create a new file", p.FileName)
	}
	if len(p.AllowedKeys) > 0 {
		if err := s.checkAllowed(f, p); err != nil {
			return content{}, fmt.Errorf("%q: %w: see who wrote it, and put the right file in its place; if this one is right, add what it names to AllowedKeys; then deploy again", p.FileName, err)
		}
	}
	s.at("decrypting the file")
	places := s.identityPlaces(p)
	var tree *sopsfile.Tree
	first := true
	err = s.persist(ctx, "decrypt the file", func() error {
		keys := s.keys(places)
		if r, ok := keys.(patient); ok && !first {
			r.SetTimeout(patientTimeout)
		}
		first = false
		var err error
		tree, err = f.Decrypt(ctx, guarded{keys, s.log})
		return err
	})
	if err != nil {
		if ctx.Err() != nil {
			return content{}, fmt.Errorf("%q was not decrypted before the function's deadline: %w", p.FileName, err)
		}
		return content{}, fmt.Errorf("%q: %w", p.FileName, err)
	}
	s.at("rendering the file")
	text, err := render.Render(tree, p.Render)
	if err != nil {
		return content{}, fmt.Errorf("%q: %w", p.FileName, err)
	}
	c := content{text: text, binary: p.Render == render.Binary}
	switch n := text.Len(); {
	case n > maxSecret:
		return content{}, fmt.Errorf("%q renders to %d bytes, and a secret holds %d: split the file, or choose fewer of its values", p.FileName, n, maxSecret)
	case n == 0:
		return content{}, fmt.Errorf("%q renders to nothing, and Secrets Manager stores no empty value", p.FileName)
	case !c.binary && !utf8.Valid(text.Reveal()):
		return content{}, fmt.Errorf("%q renders to something that is no UTF-8 text: render it as binary", p.FileName)
	}
	names, err := render.Names(tree, p.Render)
	if err == nil {
		s.log.Info("decrypted", "values", len(names), "lastModified", f.Metadata().LastModified)
	}
	return c, nil
}

// checkAllowed fails when the file names a key that is not in AllowedKeys and that
// this function could use: of KMS, and of age where it has identities.
func (s *task) checkAllowed(f *sopsfile.File, p syncprotocol.Properties) error {
	usable := sopsfile.Metadata{}
	for _, group := range f.Metadata().Groups {
		usable.Groups = append(usable.Groups, slices.DeleteFunc(slices.Clone(group), func(k sopsfile.MasterKey) bool {
			return k.Type != sopsfile.KMS && (k.Type != sopsfile.Age || len(p.AgeIdentities) == 0)
		}))
	}
	return usable.CheckAllowed(p.AllowedKeys)
}

// file is the encrypted file, however it travels.
func (s *task) file(ctx context.Context, p syncprotocol.Properties) ([]byte, error) {
	if p.File != "" {
		return syncprotocol.DecodeFile(p.File)
	}
	return s.object(ctx, p)
}
