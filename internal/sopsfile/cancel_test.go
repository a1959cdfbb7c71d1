package sopsfile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// watched is a context that counts how often it is looked at, and ends when it was looked at
// that often.
type watched struct {
	context.Context
	mu    sync.Mutex
	looks int
	ends  int // 0: never
}

func (w *watched) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looks++; w.ends > 0 && w.looks >= w.ends {
		return context.Canceled
	}
	return nil
}

// mostAtOnce is how many values at most are worked on between two looks at the context: some
// two milliseconds.
const mostAtOnce = 1024

// Every loop over the file's values looks at the context now and then, and ends with the
// first look at one that has ended. What is not counted here are single calls of libraries.
func TestWhatTakesLongCanBeStopped(t *testing.T) {
	const values = 6_000
	jsonMeta := func(rule string) string {
		_, meta, _ := strings.Cut(string(edit(t, "types.json", func(meta map[string]any) {
			delete(meta, "unencrypted_suffix")
			meta[rule] = "^n+x$"
		})), `"sops": `)
		return `"sops": ` + meta
	}
	var names, items, entries, dotenv strings.Builder
	for i := range values {
		fmt.Fprintf(&names, `"n%d":"",`, i)
		items.WriteString(`"",`)
		fmt.Fprintf(&entries, "k%d: \"\"\n", i)
		fmt.Fprintf(&dotenv, "k%d=\n", i)
	}
	yaml, env := string(read(t, "types.yaml")), string(read(t, "lines.env"))
	_, yamlMeta, _ := strings.Cut(yaml, "\nsops:\n")
	for _, tt := range []struct {
		name   string
		format sopsfile.Format
		text   string
		passes int // over all values, in which the context is looked at
	}{
		{"JSON names", sopsfile.JSON, "{" + names.String() + jsonMeta("encrypted_suffix"), 2},
		{"JSON items", sopsfile.JSON, `{"a":[` + items.String() + `""],` + jsonMeta("encrypted_suffix"), 2},
		{"an expression", sopsfile.JSON, "{" + names.String() + jsonMeta("encrypted_regex"), values / mostAtOnce},
		{"YAML", sopsfile.YAML, entries.String() + "sops:\n" + yamlMeta, 2},
		{"YAML aliases", sopsfile.YAML, "a: &a [" + items.String()[:300] + "]\nb: [" + strings.TrimSuffix(strings.Repeat("*a,", values/100), ",") + "]\nsops:\n" + yamlMeta, 2},
		{"dotenv", sopsfile.Dotenv, dotenv.String() + env, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := &watched{Context: t.Context()}
			if _, err := sopsfile.ParseContext(all, []byte(tt.text), tt.format); err != nil {
				t.Fatal(err)
			}
			if want := tt.passes * (values / mostAtOnce); all.looks < want {
				t.Errorf("the context was looked at %d times for %d values, want at least %d", all.looks, values, want)
			}
			for ends := 1; ends <= all.looks; ends += max(1, all.looks/5) {
				w := &watched{Context: t.Context(), ends: ends}
				_, err := sopsfile.ParseContext(w, []byte(tt.text), tt.format)
				if err == nil || !strings.Contains(err.Error(), "before the time was up") {
					t.Fatalf("ended at look %d of %d: got %v", ends, all.looks, err)
				}
				if w.looks > ends+8 { // each error on the way up may look once
					t.Errorf("ended at look %d, and was looked at %d times", ends, w.looks)
				}
			}
		})
	}
}

// Sets of Shamir shares are tried one by one, and none after the context has ended.
func TestSetsOfSharesCanBeStopped(t *testing.T) {
	data := edit(t, "groups.json", func(meta map[string]any) {
		var groups []any
		for i := range 40 {
			groups = append(groups, map[string]any{"age": []any{map[string]any{"recipient": "age1", "enc": fmt.Sprint(i + 1)}}})
		}
		meta["key_groups"], meta["shamir_threshold"] = groups, 20
	})
	f, err := sopsfile.Parse(data, sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	all := &watched{Context: t.Context()}
	if _, err := f.Decrypt(all, randomShares{}); !isKeyError(err) || all.looks < 1000 {
		t.Fatalf("got %v after %d looks", err, all.looks)
	}
	stopped := &watched{Context: t.Context(), ends: 100}
	// Each further share, one set at most, and each level of a set looks once more.
	if _, err := f.Decrypt(stopped, randomShares{}); !isKeyError(err) || stopped.looks > 100+40*40 {
		t.Errorf("got %v after %d looks", err, stopped.looks)
	}
}

func isKeyError(err error) bool {
	_, ok := errors.AsType[*sopsfile.KeyError](err)
	return ok
}
