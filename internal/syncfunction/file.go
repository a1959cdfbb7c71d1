package syncfunction

import (
	"context"
	"errors"
	"fmt"

	"github.com/ebb7bed6/sopscdk/internal/awserror"
	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// source is what one event takes from its file, or files.
type source struct {
	of    syncprotocol.File
	files []*sopsfile.File // the single files
}

// readSource reads the files. Its errors name the file.
func (s *task) readSource(ctx context.Context, of syncprotocol.File) (*source, error) {
	src := &source{of: of}
	for _, file := range of.Single() {
		f, err := s.readFile(ctx, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filetext.Quote(file.Name), err)
		}
		src.files = append(src.files, f)
		if err := of.Selection().CheckExtent(src.files); err != nil {
			return nil, err
		}
	}
	return src, nil
}

// decryptSource decrypts the files and returns what is selected of them. Its errors name
// the file.
func (s *task) decryptSource(ctx context.Context, src *source) (*sopsfile.Tree, error) {
	var trees []*sopsfile.Tree
	for i, file := range src.of.Single() {
		tree, err := s.decrypt(ctx, src.files[i], s.identityPlaces(file.AgeIdentities))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filetext.Quote(file.Name), err)
		}
		trees = append(trees, tree)
	}
	return src.of.Selection().Tree(trees)
}

// content decrypts the files and renders what lands in the target. Its errors name the
// file.
func (s *task) content(ctx context.Context, src *source, p syncprotocol.Properties) (render.Content, error) {
	tree, err := s.decryptSource(ctx, src)
	if err != nil {
		return render.Content{}, err
	}
	c, err := s.rendered(tree, p)
	if err != nil {
		return render.Content{}, fmt.Errorf("%s: %w", filetext.Quote(p.File.Selection().String()), err)
	}
	return c, nil
}

// rendered returns what lands in one target.
func (s *task) rendered(tree *sopsfile.Tree, p syncprotocol.Properties) (render.Content, error) {
	s.at("rendering the file")
	c, err := render.ForSecret(tree, p.Output)
	if err != nil {
		return render.Content{}, err
	}
	if names, err := render.Names(tree, p.Output); err == nil {
		s.log.Info("rendered", "values", len(names))
	}
	return c, nil
}

// readFile reads the encrypted file, and checks who can read it and which keys it
// names. Its errors do not name the file.
func (s *task) readFile(ctx context.Context, file syncprotocol.File) (*sopsfile.File, error) {
	s.at("reading the file")
	data, err := s.fetch(ctx, file)
	if err != nil {
		return nil, err
	}
	if alone, ok := sopsfile.ReadMetadata(data, sopsfile.Format(file.Format)); ok { // before the rest costs anything
		if err := checkAllowed(alone, file); err != nil {
			return nil, err
		}
	}
	f, err := sopsfile.ParseContext(ctx, data, sopsfile.Format(file.Format))
	if err != nil {
		return nil, err
	}
	if demonstration.IsPublic(f) {
		return nil, errors.New("it can be read by everyone: it is the demonstration file or was made from it; replace its values, and create a new file")
	}
	return f, checkAllowed(f.Metadata(), file)
}

// checkAllowed returns an error where a file names a key that it may not name.
func checkAllowed(m *sopsfile.Metadata, file syncprotocol.File) error {
	if file.AllowedKeys == nil { // an empty list allows none
		return nil
	}
	usable := keypolicy.Usable(m, len(file.AgeIdentities) > 0)
	if err := keypolicy.CheckAllowed(usable, file.AllowedKeys); err != nil {
		return fmt.Errorf("%w: see who wrote it, and put the right file in its place; if this one is right, add what it names to AllowedKeys, or to DecryptionKeys where the app has these; then deploy again", err)
	}
	return nil
}

// decrypt unwraps the file's data key, and tries again while that may help.
func (s *task) decrypt(ctx context.Context, f *sopsfile.File, places []masterkey.IdentityPlace) (*sopsfile.Tree, error) {
	s.at("decrypting the file")
	var tree *sopsfile.Tree
	first := true
	err := s.retry(ctx, "decrypt the file", func() error {
		keys := s.keys(f.Metadata(), places)
		if r, ok := keys.(patient); ok && !first {
			r.SetTimeout(patientTimeout)
		}
		first = false
		var err error
		tree, err = f.Decrypt(ctx, guarded{keys, s.log})
		return err
	})
	switch {
	case err == nil:
		s.log.Info("decrypted", "lastModified", f.Metadata().LastModified)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("it was not decrypted before the function's deadline: %w", err)
	}
	return tree, err
}

// fetch returns the encrypted file, however it travels. It reads no more than
// sopsfile.MaxSize.
func (s *task) fetch(ctx context.Context, file syncprotocol.File) ([]byte, error) {
	if file.Content != "" {
		return syncprotocol.DecodeFile(file.Content)
	}
	var content []byte
	err := s.retry(ctx, "read the file from S3", func() error {
		var err error
		content, err = s.clients.Objects.GetObject(ctx, file.Bucket, file.Key, sopsfile.MaxSize+1)
		return err
	})
	at := fmt.Sprintf("bucket %q, key %q", file.Bucket, file.Key)
	switch code := awserror.Code(err); {
	case err == nil && len(content) > sopsfile.MaxSize:
		return nil, fmt.Errorf("%s holds more than %d bytes", at, sopsfile.MaxSize)
	case err == nil:
		return s.bound(file, content)
	case !awserror.Answered(err):
		return nil, unanswered(ctx, "s3:GetObject of "+at, "S3", err)
	case code == "NoSuchKey" || code == "NoSuchBucket":
		return nil, fmt.Errorf("%s is not in S3 (%s): upload the file there, then deploy again", at, code)
	case awserror.Denied(err) && deniedKey(err) != "":
		return nil, keyOfBucket(at, deniedKey(err))
	case awserror.Denied(err):
		// Without s3:ListBucket, S3 says the same of an object that is not there.
		return nil, fmt.Errorf("access denied: allow the function's role s3:GetObject on %s, with kms:Decrypt where a key encrypts the bucket, and see that the object is there", at)
	default:
		return nil, fmt.Errorf("s3:GetObject of %s failed (%s)", at, code)
	}
}
