package sopsfile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// fakeRing answers per key id, and writes down who was asked and when.
type fakeRing struct {
	answer map[string]func(ctx context.Context) ([]byte, error)
	start  time.Time

	mu       sync.Mutex
	asked    []string
	canceled []string
}

func (r *fakeRing) Unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	r.mu.Lock()
	r.asked = append(r.asked, fmt.Sprintf("%s at %v", k.ID, time.Since(r.start).Round(time.Millisecond)))
	r.mu.Unlock()
	b, err := r.answer[k.ID](ctx)
	if ctx.Err() != nil {
		r.mu.Lock()
		r.canceled = append(r.canceled, k.ID)
		r.mu.Unlock()
	}
	return b, err
}

// after answers with b and err when d is over, or when ctx is.
func after(d time.Duration, b []byte, err error) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		select {
		case <-time.After(d):
			return b, err
		case <-ctx.Done():
			return b, ctx.Err()
		}
	}
}

// dataKey is the data key of a file with one group.
func dataKey(t *testing.T, name string) []byte {
	t.Helper()
	key, err := testKeys(t).Unwrap(t.Context(), parse(t, name).Metadata().Groups[0][0])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func kmsEntries(ids ...string) []any {
	var list []any
	for _, id := range ids {
		list = append(list, map[string]any{"arn": id, "created_at": "2024-01-02T03:04:05Z", "enc": "x", "aws_profile": ""})
	}
	return list
}

// withKeys is types.json with these KMS entries, and an age entry unless none.
func withKeys(t *testing.T, age bool, ids ...string) *sopsfile.File {
	t.Helper()
	data := edit(t, "types.json", func(meta map[string]any) {
		meta["kms"] = kmsEntries(ids...)
		if age {
			meta["age"].([]any)[0].(map[string]any)["recipient"] = "age1"
		} else {
			delete(meta, "age")
		}
	})
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestUnlock(t *testing.T) {
	key := dataKey(t, "types.json")
	wrong := bytes.Repeat([]byte{7}, 32)
	refused := errors.New("access denied")
	type answers map[string]func(context.Context) ([]byte, error)
	tests := []struct {
		name     string
		age      bool
		keys     []string
		answer   answers
		asked    []string
		canceled []string
		fails    string
	}{
		{
			name: "the first answers and no other is asked", keys: []string{"a", "b"},
			answer: answers{"a": after(900*time.Millisecond, key, nil)},
			asked:  []string{"a at 0s"},
		},
		{
			name: "age is asked first", age: true, keys: []string{"a"},
			answer: answers{"age1": after(0, key, nil)},
			asked:  []string{"age1 at 0s"},
		},
		{
			name: "an error starts the next at once", age: true, keys: []string{"a", "b"},
			answer: answers{"age1": after(0, nil, refused), "a": after(100*time.Millisecond, nil, refused), "b": after(0, key, nil)},
			asked:  []string{"age1 at 0s", "a at 0s", "b at 100ms"},
		},
		{
			name: "no answer within a second starts the next, and the loser is cancelled", keys: []string{"a", "b"},
			answer: answers{"a": after(time.Hour, nil, nil), "b": after(300*time.Millisecond, key, nil)},
			asked:  []string{"a at 0s", "b at 1s"}, canceled: []string{"a"},
		},
		{
			name: "the slow first may still win", keys: []string{"a", "b"},
			answer: answers{"a": after(1500*time.Millisecond, key, nil), "b": after(time.Hour, nil, nil)},
			asked:  []string{"a at 0s", "b at 1s"}, canceled: []string{"b"},
		},
		{
			name: "another key counts as a failure", keys: []string{"a", "b", "c"},
			answer: answers{"a": after(0, slices.Clone(wrong), nil), "b": after(0, []byte("short"), nil), "c": after(0, key, nil)},
			asked:  []string{"a at 0s", "b at 0s", "c at 0s"},
		},
		{
			name: "a call ends after ten seconds", keys: []string{"a", "b"},
			answer: answers{"a": after(time.Hour, nil, nil), "b": after(0, nil, refused)},
			asked:  []string{"a at 0s", "b at 1s"}, canceled: []string{"a"},
			fails: "none of the file's master keys opens it\n  kms a: no answer within 10 seconds\n  kms b: access denied",
		},
		{
			name: "every reason is told", age: true, keys: []string{"a", "b"},
			answer: answers{"age1": after(0, nil, errors.New("no identity\nfits")), "a": after(0, slices.Clone(wrong), nil), "b": after(0, nil, refused)},
			asked:  []string{"age1 at 0s", "a at 0s", "b at 0s"},
			fails: "none of the file's master keys opens it\n  kms a: what it unwraps does not open the file's MAC: it is another file's data key, or mac or lastmodified was changed without sops, or by a merge; if in doubt, take the last good version from git\n  kms b: access denied" +
				"\n  age age1: no identity\n    fits",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := withKeys(t, tt.age, tt.keys...)
			synctest.Test(t, func(t *testing.T) {
				ring := &fakeRing{answer: tt.answer, start: time.Now()}
				for id, a := range ring.answer { // each call has bytes of its own to clear
					ring.answer[id] = func(ctx context.Context) ([]byte, error) {
						b, err := a(ctx)
						return slices.Clone(b), err
					}
				}
				_, err := f.Decrypt(t.Context(), ring)
				synctest.Wait()
				if got := fmt.Sprint(err); tt.fails == "" && err != nil || tt.fails != "" && got != tt.fails {
					t.Errorf("got  %s\nwant %s", got, tt.fails)
				}
				var keyErr *sopsfile.KeyError
				if tt.fails != "" && !errors.As(err, &keyErr) {
					t.Errorf("got %T, want *KeyError", err)
				}
				if !slices.Equal(ring.asked, tt.asked) {
					t.Errorf("got asked %q, want %q", ring.asked, tt.asked)
				}
				if !slices.Equal(ring.canceled, tt.canceled) {
					t.Errorf("got cancelled %q, want %q", ring.canceled, tt.canceled)
				}
			})
		})
	}
}

// orderedRing tries the last key first and leaves the first out.
type orderedRing struct{ *fakeRing }

func (orderedRing) Order(keys []sopsfile.MasterKey) []sopsfile.MasterKey {
	slices.Reverse(keys)
	return keys[:len(keys)-1]
}

func TestUnlockKeepsTheRingsOrder(t *testing.T) {
	refused := func(context.Context) ([]byte, error) { return nil, errors.New("access denied") }
	ring := orderedRing{&fakeRing{answer: map[string]func(context.Context) ([]byte, error){"a": refused, "b": refused, "c": refused}, start: time.Now()}}
	_, err := withKeys(t, false, "a", "b", "c").Decrypt(t.Context(), ring)
	want := "none of the file's master keys opens it\n  kms a: not tried\n  kms b: access denied\n  kms c: access denied"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if len(ring.asked) != 2 || ring.asked[0][0] != 'c' || ring.asked[1][0] != 'b' {
		t.Errorf("got asked %q, want c, then b", ring.asked)
	}
}

// preparedRing needs something that takes as long, or fails.
type preparedRing struct {
	*fakeRing
	takes time.Duration
	fails error
}

func (r preparedRing) Prepare(ctx context.Context, _ sopsfile.MasterKey) error {
	time.Sleep(r.takes)
	return r.fails
}

// What a person needs for a login does not count toward the ten seconds of a key.
func TestUnlockWaitsForThePreparation(t *testing.T) {
	key := dataKey(t, "types.json")
	f := withKeys(t, false, "a")
	for _, tt := range []struct {
		takes, answers time.Duration
		fails          error
		want           string
	}{
		{90 * time.Second, 9 * time.Second, nil, ""},
		{90 * time.Second, 11 * time.Second, nil, "none of the file's master keys opens it\n  kms a: no answer within 10 seconds"},
		{time.Second, 0, errors.New("no credentials"), "none of the file's master keys opens it\n  kms a: no credentials"},
	} {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeRing{start: time.Now(), answer: map[string]func(context.Context) ([]byte, error){"a": after(tt.answers, slices.Clone(key), nil)}}
			_, err := f.Decrypt(t.Context(), preparedRing{fake, tt.takes, tt.fails})
			if err == nil && tt.want != "" || err != nil && err.Error() != tt.want {
				t.Errorf("after %v and %v: got %v, want %q", tt.takes, tt.answers, err, tt.want)
			}
			synctest.Wait()
		})
	}
}

// patientRing waits for a person where a is asked for.
type patientRing struct{ *fakeRing }

func (r patientRing) Patience(k sopsfile.MasterKey) time.Duration {
	if k.ID == "a" {
		return time.Minute
	}
	return 0
}

// Nothing else is tried while a person is asked, who would answer in vain.
func TestUnlockWaitsForAPerson(t *testing.T) {
	key := dataKey(t, "types.json")
	f := withKeys(t, false, "a", "b")
	for answers, want := range map[time.Duration][]string{
		40 * time.Second: {"a at 0s"},
		90 * time.Second: {"a at 0s", "b at 1m0s"},
	} {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeRing{start: time.Now(), answer: map[string]func(context.Context) ([]byte, error){
				"a": after(answers, slices.Clone(key), nil), "b": after(0, slices.Clone(key), nil)}}
			if _, err := f.Decrypt(t.Context(), patientRing{fake}); err != nil || !slices.Equal(fake.asked, want) {
				t.Errorf("after %v: got %v, asked %q, want %q", answers, err, fake.asked, want)
			}
			synctest.Wait()
		})
	}
}

func TestUnlockClearsWhatWasUnwrapped(t *testing.T) {
	key := dataKey(t, "types.json")
	used, late, wrong := slices.Clone(key), slices.Clone(key), bytes.Repeat([]byte{7}, 32)
	f := withKeys(t, false, "wrong", "late", "used")
	synctest.Test(t, func(t *testing.T) {
		ring := &fakeRing{start: time.Now(), answer: map[string]func(context.Context) ([]byte, error){
			"wrong": after(0, wrong, nil),
			"late": func(ctx context.Context) ([]byte, error) {
				<-ctx.Done()
				return late, nil
			},
			"used": after(0, used, nil),
		}}
		if _, err := f.Decrypt(t.Context(), ring); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for name, b := range map[string][]byte{"used": used, "late": late, "wrong": wrong} {
			if !bytes.Equal(b, make([]byte, 32)) {
				t.Errorf("the %s key was not cleared", name)
			}
		}
	})
}

func TestUnlockEndsWithItsContext(t *testing.T) {
	f := withKeys(t, false, "a", "b")
	synctest.Test(t, func(t *testing.T) {
		ring := &fakeRing{start: time.Now(), answer: map[string]func(context.Context) ([]byte, error){"a": after(time.Hour, nil, nil), "b": after(time.Hour, nil, nil)}}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := f.Decrypt(ctx, ring)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
		if d := time.Since(ring.start); d != 500*time.Millisecond {
			t.Errorf("got an end after %v, want 500ms", d)
		}
		synctest.Wait()
	})
}

func TestKeyErrorOfKeyTypesThatAreNotRead(t *testing.T) {
	data := edit(t, "types.json", func(meta map[string]any) {
		delete(meta, "age")
		meta["pgp"] = []any{map[string]any{"fp": "FPR", "created_at": "2024-01-02T03:04:05Z", "enc": "x"}}
		meta["azure_kv"] = []any{map[string]any{"vault_url": "https://v", "name": "n", "version": "1", "created_at": "2024-01-02T03:04:05Z", "enc": "x"}}
	})
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Decrypt(t.Context(), testKeys(t))
	want := "none of the file's master keys opens it" +
		"\n  azure_kv https://v/n/1: keys of this type are not read here, only kms and age" +
		"\n  pgp FPR: keys of this type are not read here, only kms and age" +
		"\nthe file has keys of the types azure_kv and pgp alone, which are not read here; who can decrypt it adds a KMS key with: sops rotate --in-place --add-kms KEY_ARN FILE"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
