package sopsconstructs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// An object in a bucket is bound to its secret, so that whoever can write it cannot have
// another secret's file published in this one: by the hash of the file at Path, or by an
// encryption context that no other file has.

// checkBinding returns an error for an object that nothing binds.
func (f *SopsFile) checkBinding() error {
	if err := keypolicy.CheckContext(f.DecryptionContext); err != nil {
		return fmt.Errorf("the DecryptionContext %w", err)
	}
	for name, value := range f.DecryptionContext {
		for _, text := range []string{name, value} {
			if err := filetext.Check(text, maxPath); err != nil { // a token, too: it is part of a text in AllowedKeys
				return fmt.Errorf("the DecryptionContext has %s, which %w", filetext.Quote(text), err)
			}
		}
	}
	switch {
	case f.Bucket == nil || f.Path != "" || f.UnboundObject:
		return nil
	case len(f.DecryptionContext) == 0:
		return errors.New("nothing binds the object in Bucket to this secret: whoever can write it could have another file published here that the same keys open; " +
			"pass the same file as Path, or encrypt it with an encryption context that names the secret and pass that as DecryptionContext, or accept every such file with UnboundObject")
	case len(f.AgeIdentities) > 0:
		return errors.New("DecryptionContext binds no file that an age identity opens; pass the same file as Path, remove AgeIdentities, or accept every file with UnboundObject")
	case f.AllowedKeys != nil:
		return errors.New("AllowedKeys beside DecryptionContext would have no effect, since the object may name DecryptionKeys with that context alone; remove AllowedKeys")
	}
	return nil
}

// bind says in p which object the function takes: the file that was read.
func (file sourceFile) bind(p *syncprotocol.File) {
	if file.read != nil && !file.UnboundObject {
		p.SHA256, p.LastModified = file.read.SHA256(), file.read.LastModified().UTC().Format(time.RFC3339)
	}
}

// keysOfObject returns all that the object in Bucket may name as master keys.
func keysOfObject(s *site, file sourceFile) []string {
	if len(file.DecryptionContext) == 0 || file.UnboundObject { // else the app has named them
		allowed, err := allowedKeys(file.AllowedKeys, s.app)
		if err != nil {
			s.fail(err)
		}
		if allowed != nil {
			return allowed
		}
	}
	var keys []string
	if file.read != nil {
		keys = file.read.MasterKeys()
	}
	var named sopsfile.KeyGroup
	for _, key := range file.DecryptionKeys {
		_, arn := s.aliasTarget("a key of DecryptionKeys", key)
		named = append(named, sopsfile.MasterKey{Type: sopsfile.KMS, ID: arn, Context: file.DecryptionContext})
		keys = append(keys, keypolicy.WithContext(named[len(named)-1]))
	}
	if s.app.limitedByPolicy() {
		if err := keypolicy.CheckAllowed(&sopsfile.Metadata{Groups: []sopsfile.KeyGroup{named}}, s.app.policy.Policy().AllowedKeys); err != nil {
			s.fail(fmt.Errorf("DecryptionKeys against the AllowedKeys of the file policy: %w; add it there if files may name it", err))
		}
	}
	return keys
}

// contextClaim is a construct's file that has a key with an encryption context.
type contextClaim struct {
	path     string // the construct's
	file     string
	inBucket bool // and nowhere else
}

// claimContexts fails where a file in a bucket has a key and an encryption context that
// another file has too: either could then be put in the place of the object. objectKeys
// returns the [keysOfObject].
func (s *site) claimContexts(file sourceFile, objectKeys func() []string) {
	var keys []string
	claim := contextClaim{path: s.path, file: file.Path}
	switch {
	case file.read != nil:
		keys = file.read.MasterKeys()
	case file.Bucket != nil && !file.UnboundObject:
		keys = objectKeys()
		claim.file, claim.inBucket = *file.Bucket.BucketName()+"/"+file.Key, true
	}
	for _, key := range keys {
		if !strings.Contains(key, "|") { // no context, which binds nothing
			continue
		}
		key = keypolicy.Family(key) // a replica opens what another one encrypted
		for _, other := range s.app.contexts[key] {
			if other.file != claim.file && (other.inBucket || claim.inBucket) {
				s.fail(fmt.Errorf("its file and that of %q have the same encryption context with one key, so either could be put in the place of the object in Bucket; name the secret in the context of each file", other.path))
			}
		}
		s.app.contexts[key] = append(s.app.contexts[key], claim)
	}
}
