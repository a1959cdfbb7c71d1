package synthfile_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// with returns Files with one ring for all regions.
func with(r synthfile.Ring) *synthfile.Files {
	return synthfile.NewWithRing(func(masterkey.Options) (synthfile.Ring, error) { return r, nil })
}

// keyNumber is the ARN of a KMS key, and dataKey the data key of its file.
func keyNumber(i int) string {
	return fmt.Sprintf("arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-%012d", i)
}

func dataKey(arn string) []byte {
	key := make([]byte, 32)
	copy(key, arn[len(arn)-12:])
	return key
}

// kmsOf is a ring that has the data keys of [dataKey].
func kmsOf(wait time.Duration) *fakeRing {
	return &fakeRing{unwrap: func(_ context.Context, k sopsfile.MasterKey) ([]byte, error) {
		time.Sleep(wait)
		return dataKey(k.ID), nil
	}}
}

// manyFiles writes files, each with a data key of its own.
func manyFiles(t *testing.T, n int) []string {
	t.Helper()
	folder, paths := t.TempDir(), make([]string, n)
	for i := range paths {
		arn := keyNumber(i)
		paths[i] = filepath.Join(folder, fmt.Sprintf("%d.json", i))
		if err := os.WriteFile(paths[i], encrypt(t, sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: arn}}, DataKey: dataKey(arn)}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// A file is read once, though opened twice: what is checked is what is decrypted.
func TestFileIsReadOnce(t *testing.T) {
	openable(t)
	path := place(t, "x.json", encrypt(t, standard(values)))
	files := synthfile.New()
	first := open(t, files, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if second := open(t, files, path); second != first {
		t.Error("the file was read twice")
	}
	if got, err := text(first.Whole().Decrypt(""), render.Output{}); err != nil || got != `{"a":"demo-value-1","b.c":"demo-value-2"}` {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := synthfile.New().Open(path, ""); err == nil {
		t.Error("other Files found the file")
	}
}

// One content may be a file of two formats.
func TestFileInTwoFormats(t *testing.T) {
	openable(t)
	path := place(t, "x.json", encrypt(t, standard(`{"data": "{\"a\": 1}"}`)))
	files := synthfile.New()
	for _, c := range []struct {
		format sopsfile.Format
		mode   render.Mode
		want   string
	}{
		{"", render.Flat, `{"data":"{\"a\": 1}"}`},
		{sopsfile.JSON, render.Flat, `{"data":"{\"a\": 1}"}`},
		{sopsfile.Binary, render.Binary, `{"a": 1}`},
		{sopsfile.YAML, render.Raw, "data: '{\"a\": 1}'\n"},
	} {
		file, err := files.Open(path, c.format)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := text(file.Whole().Decrypt(""), render.Output{Mode: c.mode}); err != nil || got != c.want {
			t.Errorf("%q: got %q, %v", c.format, got, err)
		}
	}
	asIs, _ := files.Open(path, "")
	asJSON, _ := files.Open(path, sopsfile.JSON)
	asBinary, _ := files.Open(path, sopsfile.Binary)
	if asIs != asJSON || asIs == asBinary || asBinary.Format() != sopsfile.Binary {
		t.Error("the same format is another file, or another format the same")
	}
}

// Fifty files with one data key, as copies of a file have, make one call.
func TestOneCallPerDataKey(t *testing.T) {
	server := inAWS(t)
	file := sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyEU, Context: map[string]string{"app": "a"}}}, DataKey: dataKey(keyNumber(1))}
	decrypt := func(files *synthfile.Files, content []byte) {
		t.Helper()
		var started []*synthfile.Opening
		for range 50 {
			opened := open(t, files, place(t, "x.json", content))
			started = append(started, opened.Whole().Decrypt("eu-west-1"), opened.Whole().Decrypt("eu-west-1"))
		}
		for _, d := range started {
			if _, err := d.Content(render.Output{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	files := synthfile.New()
	decrypt(files, encrypt(t, file))
	if calls := server.Calls(); len(calls) != 1 || calls[0].Action != "Decrypt" {
		t.Errorf("got %d calls, want one Decrypt", len(calls))
	}
	decrypt(files, encrypt(t, file)) // encrypted anew with the same data key
	if n := len(server.Calls()); n != 1 {
		t.Errorf("got %d calls later, want 1", n)
	}
	files.Forget()
	decrypt(files, encrypt(t, file))
	if n := len(server.Calls()); n != 2 {
		t.Errorf("got %d calls after Forget, want 2", n)
	}
	file.KMS[0].Context = map[string]string{"app": "b"}
	decrypt(files, encrypt(t, file))
	if n := len(server.Calls()); n != 3 {
		t.Errorf("got %d calls with another context, want 3", n)
	}
}

// Many files are decrypted side by side, up to a bound.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	paths := manyFiles(t, 64)
	synctest.Test(t, func(t *testing.T) {
		fake := kmsOf(100 * time.Millisecond)
		most := fake.count()
		files := with(fake)
		start := time.Now()
		var started []*synthfile.Opening
		for _, path := range paths {
			started = append(started, open(t, files, path).Whole().Decrypt(""))
		}
		for _, d := range started {
			if got, err := text(d, render.Output{}); err != nil || got != `{"a":"demo-value-1","b.c":"demo-value-2"}` {
				t.Errorf("got %s, %v", got, err)
			}
		}
		if n := most(); n != synthfile.AtOnce {
			t.Errorf("%d calls at once, want %d", n, synthfile.AtOnce)
		}
		// The clock of the bubble stands still while anybody works.
		if took, want := time.Since(start), 64/synthfile.AtOnce*100*time.Millisecond; took != want {
			t.Errorf("took %v, want %v", took, want)
		}
		if n := fake.calls.Load(); n != 64 {
			t.Errorf("got %d calls, want 64", n)
		}
	})
}

// 2,000 files that KMS does not answer for end, with all goroutines, after a time that
// the bound and the limits of a file say.
func TestManyFilesWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	paths := manyFiles(t, 2000)
	synctest.Test(t, func(t *testing.T) { // fails when a goroutine is left
		fake := &fakeRing{unwrap: func(ctx context.Context, _ sopsfile.MasterKey) ([]byte, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}}
		most := fake.count()
		files := with(fake)
		start := time.Now()
		var started []*synthfile.Opening
		for _, path := range paths {
			started = append(started, open(t, files, path).Whole().Decrypt(""))
		}
		for i, d := range started {
			_, err := d.Content(render.Output{})
			want := paths[i] + ": none of the file's master keys opens it\n  kms " + keyNumber(i) + ": no answer within 10 seconds"
			if message(err) != want || !errors.Is(err, synthfile.ErrNoKey) {
				t.Fatalf("got\n%v\nwant\n%s", err, want)
			}
		}
		// A call that was given up may still return while the next file's begins.
		if n := most(); n > 2*synthfile.AtOnce {
			t.Errorf("%d calls at once, want at most %d", n, 2*synthfile.AtOnce)
		}
		if rounds := time.Duration((len(paths) + synthfile.AtOnce - 1) / synthfile.AtOnce); time.Since(start) != rounds*10*time.Second {
			t.Errorf("took %v", time.Since(start))
		}
	})
}

// A panic in a ring, or in what it is asked for first, is that file's failure alone.
func TestPanicInARing(t *testing.T) {
	t.Parallel()
	paths := manyFiles(t, 2)
	bad := func(keys ...sopsfile.MasterKey) bool { return keys[0].ID == keyNumber(0) }
	for name, fake := range map[string]*fakeRing{
		"unwrap": {unwrap: func(_ context.Context, k sopsfile.MasterKey) ([]byte, error) {
			if bad(k) {
				panic("hunter2")
			}
			return dataKey(k.ID), nil
		}},
		"prepare": {unwrap: kmsOf(0).unwrap, prepare: func(k sopsfile.MasterKey) {
			if bad(k) {
				panic("hunter2")
			}
		}},
		"order": {unwrap: kmsOf(0).unwrap, order: func(keys []sopsfile.MasterKey) []sopsfile.MasterKey {
			if bad(keys...) {
				var none []sopsfile.MasterKey
				_ = none[len(keys)]
			}
			return keys
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := with(fake)
			first, second := open(t, files, paths[0]).Whole().Decrypt(""), open(t, files, paths[1]).Whole().Decrypt("")
			_, err := first.Content(render.Output{})
			if got := message(err); !strings.HasPrefix(got, paths[0]+": ") || !strings.Contains(got, "a panic at github.com/ebb7bed6/sopscdk/internal/synthfile_test.TestPanicInARing.func") || strings.Contains(got, "hunter2") {
				t.Errorf("got %s", got)
			}
			if _, err := second.Content(render.Output{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// A ring that cannot be made is no fault of the file.
func TestNoRing(t *testing.T) {
	t.Parallel()
	files := synthfile.NewWithRing(func(masterkey.Options) (synthfile.Ring, error) { return nil, errors.New("no ring") })
	path := manyFiles(t, 1)[0]
	_, err := open(t, files, path).Whole().Decrypt("").Content(render.Output{})
	if got, want := message(err), path+": no ring"; got != want {
		t.Errorf("got %s", got)
	}
	files.Forget()
}

// No goroutine is left behind a decryption that one of several keys ended.
func TestGoroutinesEnd(t *testing.T) {
	t.Parallel()
	content := encrypt(t, sopstest.File{JSON: values, KMS: []sopstest.KMS{{ARN: keyNumber(1)}, {ARN: keyNumber(2)}}, DataKey: dataKey(keyNumber(2))})
	path := place(t, "x.json", content)
	synctest.Test(t, func(t *testing.T) { // fails when a goroutine is left
		fake := &fakeRing{unwrap: func(ctx context.Context, k sopsfile.MasterKey) ([]byte, error) {
			if k.ID == keyNumber(2) {
				return dataKey(k.ID), nil
			}
			<-ctx.Done() // the first one hangs; the second is asked beside it after a while
			return nil, context.Cause(ctx)
		}}
		if _, err := open(t, with(fake), path).Whole().Decrypt("").Content(render.Output{}); err != nil {
			t.Error(err)
		}
	})
}
