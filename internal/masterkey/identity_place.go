package masterkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// IdentityPlace is a place of age identities that the function can read, beside
// others: see [ForFunction].
type IdentityPlace struct {
	// Name is what messages call it: `secret "arn:…"`.
	Name string
	// Read returns the text of an identity file, as age-keygen writes it: identities,
	// one a line, and comments. It returns soon after its context is done. The text is
	// the caller's, who clears it. The error is one line for the user, with the remedy
	// and without the text; it may wrap [ErrAccessDenied], [ErrThrottled] or [ErrUnavailable]. Places
	// are read side by side, in goroutines, where a panic ends the process.
	Read func(context.Context) ([]byte, error)
}

// placeTimeout bounds the reading of one place. It is well below the 10 s that
// sopsfile gives to one key: a place that hangs must not hide what the others hold.
const placeTimeout = 4 * time.Second

// deployed finds the age identities at places that are named in the template.
type deployed struct {
	places []IdentityPlace
	turn   chan struct{} // holds one token while the places are read or found is used
	found  *found        // nil until they were read
}

// found is what was read in all places together.
type found struct {
	collection
	causes []error // of places that could not be read
}

func newDeployed(places []IdentityPlace) *deployed {
	return &deployed{places: places, turn: make(chan struct{}, 1)}
}

// addKMS is the remedy that always works.
const addKMS = "add a KMS key to the file: sops rotate --in-place --add-kms KEY_ARN FILE"

// unwrap opens an age entry with an identity of any place.
func (d *deployed) unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	if err := checkArmor(k); err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(k.ID, "ssh-"):
		return nil, errors.New("the function does not read SSH keys; encrypt the file to an age identity (age-keygen) whose place the construct names, or " + addKMS)
	case len(d.places) == 0:
		return nil, errors.New("the construct names no place of age identities; name a secret or a SecureString parameter that holds the text of the identity file, or " + addKMS)
	}
	f := d.find(ctx)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("not waited for: %w", err)
	}
	data, err := openAge(k, f.identities)
	if err != errNoFit {
		return data, err
	}
	text := f.explain(k.ID)
	if len(f.identities) > 0 {
		text += "; store this recipient's identity in one of the places, or " + addKMS
	}
	return nil, &wordedError{text, f.causes}
}

// find reads every place, once. One that cannot be used does not affect the
// others.
func (d *deployed) find(ctx context.Context) found {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return found{}
	}
	if d.found != nil {
		return *d.found
	}
	texts, errs := make([][]byte, len(d.places)), make([]error, len(d.places))
	var reading sync.WaitGroup
	for i, p := range d.places {
		reading.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, placeTimeout)
			defer cancel()
			texts[i], errs[i] = p.Read(ctx)
		})
	}
	reading.Wait()
	var f found
	for i, from := range d.places {
		p := identitySource{name: from.Name}
		if errs[i] != nil {
			p.problem = errs[i].Error()
			f.causes = append(f.causes, errs[i])
		} else {
			p.identities, p.problem = parseDeployed(texts[i])
		}
		clear(texts[i])
		f.sources = append(f.sources, p)
		f.identities = append(f.identities, p.identities...)
	}
	if ctx.Err() == nil { // what was cut short says nothing to the next caller
		d.found = &f
	}
	return f
}

// parseDeployed reads the text of a place. It leaves SSH keys out, unlike
// parseSSHKey: they would make the function 0.13 MB larger (0.07 MB zipped), for
// recipients that are rare in SOPS files.
func parseDeployed(text []byte) (ids []age.Identity, problem string) {
	const store = "store the text of an identity file as age-keygen writes it"
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0:
		return nil, "it is empty; " + store
	case encryptedIdentity(text):
		return nil, "it is protected by a passphrase, for which the function has nobody to ask; store the identity without one"
	case bytes.Contains(text, []byte("PRIVATE KEY-----")):
		return nil, "it is an SSH key, which the function does not read; " + store
	case text[0] == '{':
		return nil, "it is JSON; " + store + ", without names and braces"
	}
	ids, problem = parseIdentities(text, false, nil)
	switch {
	case problem != "":
		problem += "; " + store
	case len(ids) == 0:
		problem = "it has comments alone; " + store
	}
	return ids, problem
}
