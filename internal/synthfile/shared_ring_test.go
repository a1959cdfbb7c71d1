package synthfile_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// fakeRing is a ring of which a test says what it answers.
type fakeRing struct {
	unwrap func(context.Context, sopsfile.MasterKey) ([]byte, error)
	calls  atomic.Int32
	order  func([]sopsfile.MasterKey) []sopsfile.MasterKey // nil for the file's
	near   func(region string) sopsfile.Orderer            // nil for the same in all
	// prepare is called for each key that is prepared, and prepared counts them.
	prepare  func(sopsfile.MasterKey)
	prepared atomic.Int32
	patience time.Duration
}

func (r *fakeRing) Near(region string) sopsfile.Orderer {
	if r.near != nil {
		return r.near(region)
	}
	return r
}

func (r *fakeRing) Prepare(_ context.Context, k sopsfile.MasterKey) error {
	r.prepared.Add(1)
	if r.prepare != nil {
		r.prepare(k)
	}
	return nil
}

func (r *fakeRing) Patience(sopsfile.MasterKey) time.Duration { return r.patience }

func (r *fakeRing) Unwrap(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
	r.calls.Add(1)
	return r.unwrap(ctx, k)
}

func (r *fakeRing) Order(keys []sopsfile.MasterKey) []sopsfile.MasterKey {
	if r.order != nil {
		return r.order(keys)
	}
	return keys
}

// count makes the ring count its calls that are under way, and returns what tells the
// most that were at once.
func (r *fakeRing) count() (most func() int) {
	var mu sync.Mutex
	var under, highest int
	inner := r.unwrap
	add := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		under += n
		highest = max(highest, under)
	}
	r.unwrap = func(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
		add(1)
		defer add(-1)
		return inner(ctx, k)
	}
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return highest
	}
}

// after is a ring that answers with a data key after a time, unless it is cancelled.
func after(d time.Duration, key []byte) *fakeRing {
	return &fakeRing{unwrap: func(ctx context.Context, _ sopsfile.MasterKey) ([]byte, error) {
		select {
		case <-time.After(d):
			return bytes.Clone(key), nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}}
}

var entry = sopsfile.MasterKey{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc"}

func TestSharedRingAsksOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := after(time.Second, []byte("data key"))
		shared := synthfile.NewSharedRing(fake)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if key, err := shared.Unwrap(t.Context(), entry); string(key) != "data key" || err != nil {
					t.Errorf("got %d bytes, %v", len(key), err)
				} else {
					clear(key) // the result is the caller's
				}
			})
		}
		wg.Wait()
		if key, err := shared.Unwrap(t.Context(), entry); string(key) != "data key" || err != nil { // later
			t.Errorf("got %d bytes, %v", len(key), err)
		}
		if n := fake.calls.Load(); n != 1 {
			t.Errorf("got %d calls, want 1", n)
		}
	})
}

// Entries that differ in anything that a ring looks at are asked for one by one, also
// where their texts together are the same.
func TestSharedRingTellsEntriesApart(t *testing.T) {
	t.Parallel()
	fake := &fakeRing{unwrap: func(context.Context, sopsfile.MasterKey) ([]byte, error) { return []byte("k"), nil }}
	shared := synthfile.NewSharedRing(fake)
	entries := []sopsfile.MasterKey{
		entry,
		{Type: sopsfile.Age, ID: keyEU, EncryptedDataKey: "enc"},
		{Type: sopsfile.KMS, ID: keyUS, EncryptedDataKey: "enc"},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "other"},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc", Role: roleEU},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc", AWSProfile: roleEU},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc", Context: map[string]string{"a": "b"}},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc", Context: map[string]string{"a": "c"}},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc\x00a\x00b"},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: `enc" "a" "b`},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc a b"},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc", Context: map[string]string{"a": "b\x00c\x00d"}},
		{Type: sopsfile.KMS, ID: keyEU, EncryptedDataKey: "enc", Context: map[string]string{"a": "b", "c": "d"}},
	}
	for range 2 {
		for _, k := range entries {
			if _, err := shared.Unwrap(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := int(fake.calls.Load()); n != len(entries) {
		t.Errorf("got %d calls, want %d", n, len(entries))
	}
}

func TestSharedRingSharesFailure(t *testing.T) {
	t.Parallel()
	failure := errors.New("denied")
	var left []byte
	fake := &fakeRing{unwrap: func(context.Context, sopsfile.MasterKey) ([]byte, error) {
		left = []byte("half a key")
		return left, failure
	}}
	shared := synthfile.NewSharedRing(fake)
	for range 3 {
		if key, err := shared.Unwrap(t.Context(), entry); err != failure || key != nil {
			t.Errorf("got %d bytes, %v", len(key), err)
		}
	}
	if n := fake.calls.Load(); n != 1 {
		t.Errorf("got %d calls, want 1", n)
	}
	if strings.Trim(string(left), "\x00") != "" {
		t.Error("what came with a failure was not cleared")
	}
}

// One caller that is cancelled does not cancel the call for the others.
func TestSharedRingOneLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := after(10*time.Second, []byte("data key"))
		shared := synthfile.NewSharedRing(fake)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { // the one for whom the call was made
			if _, err := shared.Unwrap(short, entry); !errors.Is(err, context.DeadlineExceeded) || err.Error() != "not waited for: context deadline exceeded" {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		for range 3 {
			wg.Go(func() {
				if key, err := shared.Unwrap(t.Context(), entry); string(key) != "data key" || err != nil {
					t.Errorf("got %d bytes, %v", len(key), err)
				}
			})
		}
		wg.Wait()
		if n := fake.calls.Load(); n != 1 {
			t.Errorf("got %d calls, want 1", n)
		}
	})
}

// The last caller that leaves cancels the call, and a later one asks anew. A data key
// that comes nevertheless is cleared.
func TestSharedRingAllLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		late := []byte("data key")
		fake := &fakeRing{unwrap: func(ctx context.Context, _ sopsfile.MasterKey) ([]byte, error) {
			<-ctx.Done()
			return late, nil // KMS had answered already
		}}
		shared := synthfile.NewSharedRing(fake)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if key, err := shared.Unwrap(ctx, entry); !errors.Is(err, context.Canceled) || key != nil {
					t.Errorf("got %d bytes, %v", len(key), err)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		synctest.Wait() // the goroutine of the call has ended: else the bubble fails
		if strings.Trim(string(late), "\x00") != "" {
			t.Error("the data key that nobody waited for was not cleared")
		}
		if n := shared.Kept(); n != 0 {
			t.Errorf("%d answers are kept", n)
		}
		fake.unwrap = func(context.Context, sopsfile.MasterKey) ([]byte, error) { return []byte("again"), nil }
		if key, err := shared.Unwrap(t.Context(), entry); string(key) != "again" || err != nil {
			t.Errorf("got %d bytes, %v", len(key), err)
		}
	})
}

// A caller whose time is up when the answer is there does not take it from the others.
func TestSharedRingLeavesWithTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 200 { // the select of both is random
			fake := after(time.Second, []byte("data key"))
			shared := synthfile.NewSharedRing(fake)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if key, err := shared.Unwrap(ctx, entry); (err == nil) != (string(key) == "data key") {
				t.Fatalf("got %q, %v", key, err)
			}
			cancel()
			synctest.Wait()
			if key, err := shared.Unwrap(t.Context(), entry); string(key) != "data key" || err != nil {
				t.Fatalf("got %q, %v", key, err)
			}
		}
	})
}

// What is there needs no waiting.
func TestSharedRingAnswersWhoCannotWait(t *testing.T) {
	t.Parallel()
	fake := &fakeRing{unwrap: func(context.Context, sopsfile.MasterKey) ([]byte, error) { return []byte("data key"), nil }}
	shared := synthfile.NewSharedRing(fake)
	if _, err := shared.Unwrap(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if key, err := shared.Unwrap(ctx, entry); string(key) != "data key" || err != nil {
			t.Fatalf("got %q, %v", key, err)
		}
	}
	if fake.calls.Load() != 1 || shared.Kept() != 1 {
		t.Errorf("got %d calls, %d answers", fake.calls.Load(), shared.Kept())
	}
}

func TestSharedRingForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var keys [][]byte
		fake := &fakeRing{unwrap: func(context.Context, sopsfile.MasterKey) ([]byte, error) {
			time.Sleep(time.Second)
			keys = append(keys, []byte("data key"))
			return keys[len(keys)-1], nil
		}}
		shared := synthfile.NewSharedRing(fake)
		own, err := shared.Unwrap(t.Context(), entry)
		if err != nil {
			t.Fatal(err)
		}
		shared.Forget()
		if strings.Trim(string(keys[0]), "\x00") != "" || string(own) != "data key" {
			t.Error("the ring's data key was not cleared, or the caller's was")
		}

		// What is asked for at that time goes to those who wait, and is cleared then.
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if key, err := shared.Unwrap(t.Context(), entry); string(key) != "data key" || err != nil {
					t.Errorf("got %q, %v", key, err)
				}
			})
		}
		synctest.Wait()
		shared.Forget()
		wg.Wait()
		if len(keys) != 2 || strings.Trim(string(keys[1]), "\x00") != "" {
			t.Error("the data key that was asked for was not cleared")
		}
		if _, err := shared.Unwrap(t.Context(), entry); err != nil || len(keys) != 3 {
			t.Errorf("got %v and %d calls, want 3", err, len(keys))
		}
	})
}

// A panic in a ring is that key's failure, and does not show what it panicked with.
func TestSharedRingPanics(t *testing.T) {
	t.Parallel()
	fake := &fakeRing{unwrap: func(context.Context, sopsfile.MasterKey) ([]byte, error) { panic("hunter2") }}
	_, err := synthfile.NewSharedRing(fake).Unwrap(t.Context(), entry)
	if got := message(err); !strings.HasPrefix(got, "a panic at github.com/ebb7bed6/sopscdk/internal/synthfile_test.TestSharedRingPanics.func1:") ||
		!strings.HasSuffix(got, ": this is a defect of sopscdk; please report it") || strings.Contains(got, "hunter2") {
		t.Errorf("got %s", got)
	}
}

// Callers come and leave while others forget: for the race detector.
func TestSharedRingRace(t *testing.T) {
	t.Parallel()
	fake := after(time.Millisecond, []byte("data key"))
	shared := synthfile.NewSharedRing(fake)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration((i+j)%4)*time.Millisecond)
				key, err := shared.Unwrap(ctx, entry)
				cancel()
				if err == nil && string(key) != "data key" {
					t.Errorf("got %q", key)
				}
				clear(key)
				if (i+j)%8 == 0 {
					shared.Forget()
				}
			}
		})
	}
	wg.Wait()
}
