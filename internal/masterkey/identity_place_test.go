package masterkey_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// holding is a place with text.
func holding(name string, text []byte) masterkey.IdentityPlace {
	return masterkey.IdentityPlace{Name: name, Read: func(context.Context) ([]byte, error) { return text, nil }}
}

func failing(name string, err error) masterkey.IdentityPlace {
	return masterkey.IdentityPlace{Name: name, Read: func(context.Context) ([]byte, error) { return nil, err }}
}

func inFunction(places ...masterkey.IdentityPlace) *masterkey.Ring {
	return masterkey.ForFunction(aws.Config{}, masterkey.Options{Region: "eu-west-1"}, places...)
}

func TestPlaces(t *testing.T) {
	id, other := newIdentity(t), newIdentity(t)
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	entry, pqEntry := ageEntry(t, id.Recipient().String(), id.Recipient()), ageEntry(t, pq.Recipient().String(), pq.Recipient())
	text := fmt.Appendf(nil, "# created: today\n%s\n\n%s\n", other, pq)
	ring := inFunction(failing("a", errors.New("gone")), holding("b", text), holding("c", []byte(" "+id.String()+"\r\n")))
	for _, k := range []sopsfile.MasterKey{entry, pqEntry, entry} {
		got, err := ring.Unwrap(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != dataKey {
			t.Error("another data key came out")
		}
	}
	if !bytes.Equal(text, make([]byte, len(text))) {
		t.Error("a place's text was not cleared")
	}
}

// Several entries at once read each place once.
func TestPlacesAreReadOnce(t *testing.T) {
	id := newIdentity(t)
	entry := ageEntry(t, id.Recipient().String(), id.Recipient())
	var reads atomic.Int32
	ring := inFunction(masterkey.IdentityPlace{Name: "a", Read: func(context.Context) ([]byte, error) {
		reads.Add(1)
		time.Sleep(20 * time.Millisecond)
		return []byte(id.String()), nil
	}})
	if n := reads.Load(); n != 0 {
		t.Errorf("read %d times before an entry was tried", n)
	}
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, err := ring.Unwrap(t.Context(), entry); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := reads.Load(); n != 1 {
		t.Errorf("read %d times, want once", n)
	}
}

// Who gives up keeps nobody else from reading.
func TestPlacesAfterACancelledRead(t *testing.T) {
	id := newIdentity(t)
	entry := ageEntry(t, id.Recipient().String(), id.Recipient())
	var reads atomic.Int32
	ring := inFunction(masterkey.IdentityPlace{Name: "a", Read: func(ctx context.Context) ([]byte, error) {
		if reads.Add(1) == 1 {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return []byte(id.String()), nil
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := ring.Unwrap(ctx, entry); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := ring.Unwrap(t.Context(), entry); err != nil {
		t.Error(err)
	}
}

func TestPlacesErrors(t *testing.T) {
	id, other := newIdentity(t), newIdentity(t)
	entry := ageEntry(t, id.Recipient().String(), id.Recipient())
	const kms = "add a KMS key to the file: sops rotate --in-place --add-kms KEY_ARN FILE"
	for name, tc := range map[string]struct {
		entry  sopsfile.MasterKey
		places []masterkey.IdentityPlace
		want   string
	}{
		"no place": {entry, nil, "the construct names no place of age identities; name a secret or a SecureString parameter that holds the text of the identity file, or " + kms},
		"does not fit": {entry, []masterkey.IdentityPlace{holding("a", []byte(other.String()))},
			"the one age identity that was found does not fit this recipient (1 in a); store this recipient's identity in one of the places, or " + kms},
		"denied and empty": {entry, []masterkey.IdentityPlace{failing("a", fmt.Errorf("%w: allow it", masterkey.ErrAccessDenied)), holding("b", nil)},
			"no age identity was found; of no use: a: access denied: allow it, b: it is empty; store the text of an identity file as age-keygen writes it"},
		"SSH recipient": {sopsfile.MasterKey{Type: sopsfile.Age, ID: "ssh-ed25519 AAAA", EncryptedDataKey: entry.EncryptedDataKey}, nil,
			"the function does not read SSH keys; encrypt the file to an age identity (age-keygen) whose place the construct names, or " + kms},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := inFunction(tc.places...).Unwrap(t.Context(), tc.entry)
			if err == nil || err.Error() != tc.want {
				t.Errorf("error:\n%v\nwant:\n%s", err, tc.want)
			}
			if got, want := errors.Is(err, masterkey.ErrAccessDenied), name == "denied and empty"; got != want {
				t.Errorf("it is ErrAccessDenied: %v, want %v", got, want)
			}
		})
	}
}

// In the function an identity costs calls of its own: KMS comes first.
func TestOrderInTheFunction(t *testing.T) {
	kms := func(region string) sopsfile.MasterKey {
		return sopsfile.MasterKey{Type: sopsfile.KMS, ID: "arn:aws:kms:" + region + ":111122223333:key/x"}
	}
	a, pgp := sopsfile.MasterKey{Type: sopsfile.Age, ID: "age1x"}, sopsfile.MasterKey{Type: sopsfile.PGP, ID: "FINGERPRINT"}
	got := names(inFunction().Order([]sopsfile.MasterKey{pgp, a, kms("us-east-1"), kms("eu-west-1")}))
	if want := names([]sopsfile.MasterKey{kms("eu-west-1"), kms("us-east-1"), a, pgp}); !slices.Equal(got, want) {
		t.Errorf("order = %q, want %q", got, want)
	}
}
