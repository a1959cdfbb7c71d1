package synthfile_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// A key that does not answer is given up as when the file is decrypted: after ten seconds,
// or when a person has had their time.
func TestTryWaitsAsDecryptDoes(t *testing.T) {
	t.Parallel()
	path := place(t, "x.json", encrypt(t, sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyNumber(1)}, {ARN: keyNumber(2)}}, DataKey: dataKey(keyNumber(2))}))
	for name, c := range map[string]struct {
		patience, want time.Duration
		says           string
	}{
		"nobody":   {0, 10 * time.Second, "no answer within 10 seconds"},
		"a person": {time.Hour, time.Hour, "no answer within 1h0m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := &fakeRing{patience: c.patience, unwrap: func(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
					if k.ID == keyNumber(2) {
						return dataKey(k.ID), nil
					}
					<-ctx.Done()
					return nil, context.Cause(ctx)
				}}
				begin := time.Now()
				tried, err := open(t, with(fake), path).Try("")
				if err != nil || len(tried) != 2 || tried[1].Err != nil || tried[0].Err == nil || tried[0].Err.Error() != c.says {
					t.Errorf("got %v, %v", tried, err)
				}
				if took := time.Since(begin); took != c.want || fake.prepared.Load() != 2 {
					t.Errorf("it took %v, want %v; %d keys were prepared", took, c.want, fake.prepared.Load())
				}
			})
		})
	}
}

// Without KMS, no credentials are looked for, and a person has the same time as with it.
func TestLocalRing(t *testing.T) {
	t.Parallel()
	fake := &fakeRing{patience: time.Hour, unwrap: func(context.Context, sopsfile.MasterKey) ([]byte, error) { return []byte("data key"), nil }}
	notAsked := errors.New("not asked")
	local := synthfile.LocalRing(fake, notAsked)
	age := sopsfile.MasterKey{Type: sopsfile.Age, ID: "age1x", EncryptedDataKey: "enc"}
	if _, err := sopsfile.Ask(t.Context(), local, entry); !errors.Is(err, notAsked) || fake.prepared.Load() != 0 || fake.calls.Load() != 0 {
		t.Errorf("KMS: got %v, %d prepared, %d asked", err, fake.prepared.Load(), fake.calls.Load())
	}
	if _, err := sopsfile.Ask(t.Context(), local, age); err != nil || fake.prepared.Load() != 1 || local.Patience(age) != time.Hour {
		t.Errorf("age: got %v, %d prepared, a patience of %v", err, fake.prepared.Load(), local.Patience(age))
	}
}
