package difftest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/cmd/sops/common"
	"github.com/getsops/sops/v3/cmd/sops/formats"
	"github.com/getsops/sops/v3/config"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// mutation is a changed file, and what was done to it.
type mutation struct {
	kind string
	data []byte
}

// flips changes each byte in two ways, drops it, and doubles it.
func flips(data []byte) []mutation {
	var out []mutation
	for i := range data {
		for _, bit := range []byte{0x01, 0x20} {
			b := slices.Clone(data)
			b[i] ^= bit
			out = append(out, mutation{"byte flip", b})
		}
		out = append(out, mutation{"byte removed", slices.Delete(slices.Clone(data), i, i+1)},
			mutation{"byte doubled", slices.Insert(slices.Clone(data), i, data[i])})
	}
	return out
}

// plainStore is the official store of a format, through which mutations of the
// tree are read and written.
func plainStore(format sopsfile.Format) common.Store {
	return common.StoreForFormat(formats.FormatFromString(string(format)), config.NewStoresConfig())
}

// structural makes one mutation per place and kind of change: each starts from a
// freshly read file, so that they do not add up.
func structural(data []byte, format sopsfile.Format) []mutation {
	var out []mutation
	for kind, change := range changes() {
		for at := 0; ; at++ {
			m := &mutator{at: at}
			store := plainStore(format)
			if format == sopsfile.Binary {
				store = plainStore(sopsfile.JSON)
			}
			branches, err := store.LoadPlainFile(data)
			if err != nil {
				panic(err)
			}
			for i := range branches {
				branches[i] = m.branch(branches[i], change, true)
			}
			if !m.done {
				break
			}
			text, err := emit(store, branches)
			if err == nil {
				out = append(out, mutation{kind, text})
			}
		}
	}
	return out
}

func emit(store common.Store, branches sops.TreeBranches) (text []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return store.EmitPlainFile(branches)
}

// mutator applies a change at the at-th place where it can be applied.
type mutator struct {
	at   int
	done bool
}

// here tells whether this place is the one.
func (m *mutator) here() bool {
	if m.done {
		return false
	}
	m.at--
	m.done = m.at < 0
	return m.done
}

// change is one kind of mutation: of a map's entries, or of a single value.
type change struct {
	entries func(m *mutator, b sops.TreeBranch, top bool) sops.TreeBranch
	items   func(m *mutator, l []any) []any
	value   func(m *mutator, v any) any
}

func (m *mutator) branch(b sops.TreeBranch, c change, top bool) sops.TreeBranch {
	for i := range b {
		if m.done {
			return b
		}
		b[i].Value = m.value(b[i].Value, c)
	}
	if c.entries != nil && !m.done {
		return c.entries(m, b, top)
	}
	return b
}

func (m *mutator) value(v any, c change) any {
	switch x := v.(type) {
	case sops.TreeBranch:
		v = m.branch(x, c, false)
	case []any:
		for i := range x {
			if m.done {
				return v
			}
			x[i] = m.value(x[i], c)
		}
		if c.items != nil && !m.done {
			v = c.items(m, x)
		}
	}
	if c.value != nil && !m.done {
		v = c.value(m, v)
	}
	return v
}

var tokenTypeTag = regexp.MustCompile(`,type:[a-z]+\]$`)

func isToken(v any) bool {
	s, ok := v.(string)
	return ok && strings.HasPrefix(s, "ENC[")
}

// isEntry tells whether the i-th entry of b is one: no comment, and not the
// metadata as a whole.
func isEntry(b sops.TreeBranch, i int) bool {
	_, ok := b[i].Key.(string)
	return ok && b[i].Key != "sops"
}

// changes are all kinds of structural mutations.
func changes() map[string]change {
	out := map[string]change{}
	each := func(kind string, f func(b sops.TreeBranch, i int) sops.TreeBranch) {
		out[kind] = change{entries: func(m *mutator, b sops.TreeBranch, _ bool) sops.TreeBranch {
			for i := range b {
				if isEntry(b, i) && m.here() {
					return f(b, i)
				}
			}
			return b
		}}
	}
	pairs := func(kind string, f func(b sops.TreeBranch, i, j int)) {
		out[kind] = change{entries: func(m *mutator, b sops.TreeBranch, _ bool) sops.TreeBranch {
			for i := range b {
				for j := range i {
					if isEntry(b, i) && isEntry(b, j) && m.here() {
						f(b, i, j)
						return b
					}
				}
			}
			return b
		}}
	}
	pairs("values swapped", func(b sops.TreeBranch, i, j int) { b[i].Value, b[j].Value = b[j].Value, b[i].Value })
	pairs("names swapped", func(b sops.TreeBranch, i, j int) { b[i].Key, b[j].Key = b[j].Key, b[i].Key })
	pairs("entries swapped", func(b sops.TreeBranch, i, j int) { b[i], b[j] = b[j], b[i] })
	pairs("value copied", func(b sops.TreeBranch, i, j int) { b[i].Value = b[j].Value })
	each("entry removed", func(b sops.TreeBranch, i int) sops.TreeBranch { return slices.Delete(b, i, i+1) })
	each("entry renamed", func(b sops.TreeBranch, i int) sops.TreeBranch { b[i].Key = b[i].Key.(string) + "x"; return b })
	each("entry renamed to clear", func(b sops.TreeBranch, i int) sops.TreeBranch {
		b[i].Key = b[i].Key.(string) + "_unencrypted"
		return b
	})
	each("entry doubled", func(b sops.TreeBranch, i int) sops.TreeBranch { return slices.Insert(b, i, b[i]) })
	each("entry copied under a new name", func(b sops.TreeBranch, i int) sops.TreeBranch {
		return append(b, sops.TreeItem{Key: "copy", Value: b[i].Value})
	})
	each("value wrapped in a map", func(b sops.TreeBranch, i int) sops.TreeBranch {
		b[i].Value = sops.TreeBranch{{Key: "k", Value: b[i].Value}}
		return b
	})
	each("colon name split", func(b sops.TreeBranch, i int) sops.TreeBranch {
		if first, rest, ok := strings.Cut(b[i].Key.(string), ":"); ok {
			b[i] = sops.TreeItem{Key: first, Value: sops.TreeBranch{{Key: rest, Value: b[i].Value}}}
		}
		return b
	})
	each("map joined by a colon", func(b sops.TreeBranch, i int) sops.TreeBranch {
		inner, ok := b[i].Value.(sops.TreeBranch)
		if !ok {
			return b
		}
		var joined sops.TreeBranch
		for _, e := range inner {
			if key, ok := e.Key.(string); ok {
				joined = append(joined, sops.TreeItem{Key: b[i].Key.(string) + ":" + key, Value: e.Value})
			}
		}
		return slices.Replace(b, i, i+1, joined...)
	})
	for kind, add := range map[string]sops.TreeItem{
		"clear entry added": {Key: "added_unencrypted", Value: "added"}, "selected clear entry added": {Key: "added_enc", Value: "added"},
		"empty string added": {Key: "added", Value: ""}, "null added": {Key: "added", Value: nil},
		"empty map added": {Key: "added", Value: sops.TreeBranch{}}, "empty list added": {Key: "added", Value: []any{}},
	} {
		out[kind] = change{entries: func(m *mutator, b sops.TreeBranch, _ bool) sops.TreeBranch {
			if m.here() {
				return slices.Insert(b, 0, add)
			}
			return b
		}}
	}
	out["item removed"] = change{items: func(m *mutator, l []any) []any {
		for i := range l {
			if m.here() {
				return slices.Delete(l, i, i+1)
			}
		}
		return l
	}}
	for kind, item := range map[string]any{
		"empty string put into a list": "", "null put into a list": nil, "empty map put into a list": sops.TreeBranch{}, "empty list put into a list": []any{},
	} {
		out[kind] = change{items: func(m *mutator, l []any) []any {
			for i := range len(l) + 1 {
				if m.here() {
					return slices.Insert(l, i, item)
				}
			}
			return l
		}}
	}
	out["items swapped"] = change{items: func(m *mutator, l []any) []any {
		for i := range l {
			for j := range i {
				if m.here() {
					l[i], l[j] = l[j], l[i]
					return l
				}
			}
		}
		return l
	}}
	out["value wrapped in a list"] = change{value: func(m *mutator, v any) any {
		if m.here() {
			return []any{v}
		}
		return v
	}}
	out["list unwrapped"] = change{value: func(m *mutator, v any) any {
		if l, ok := v.([]any); ok && len(l) > 0 && m.here() {
			return l[0]
		}
		return v
	}}
	for _, tag := range []string{"str", "int", "float", "bool", "time", "comment", "bytes", "none"} {
		out["type tag "+tag] = change{value: func(m *mutator, v any) any {
			if isToken(v) && m.here() {
				return tokenTypeTag.ReplaceAllString(v.(string), ",type:"+tag+"]")
			}
			return v
		}}
	}
	for kind, with := range map[string]any{"value emptied": "", "value to null": nil, "value to clear text": "clear", "value to a number": 7} {
		out[kind] = change{value: func(m *mutator, v any) any {
			if _, isMap := v.(sops.TreeBranch); !isMap && m.here() {
				return with
			}
			return v
		}}
	}
	out["clear value to its text"] = change{value: func(m *mutator, v any) any {
		switch v := v.(type) {
		case int, float64:
			if m.here() {
				return fmt.Sprint(v)
			}
		case bool:
			if m.here() {
				return map[bool]string{true: "True", false: "False"}[v]
			}
		}
		return v
	}}
	return out
}

// ruleChanges puts other rules and other metadata into the text of a file.
func ruleChanges(data []byte, format sopsfile.Format) []mutation {
	var out []mutation
	if format != sopsfile.JSON && format != sopsfile.YAML {
		return nil
	}
	set := func(kind string, f func(meta sops.TreeBranch) sops.TreeBranch) {
		store := plainStore(format)
		branches, err := store.LoadPlainFile(data)
		if err != nil {
			panic(err)
		}
		for b := range branches {
			for i := range branches[b] {
				if branches[b][i].Key == "sops" {
					branches[b][i].Value = f(branches[b][i].Value.(sops.TreeBranch))
				}
			}
		}
		if text, err := emit(store, branches); err == nil {
			out = append(out, mutation{kind, text})
		}
	}
	without := func(meta sops.TreeBranch, key string) sops.TreeBranch {
		return slices.DeleteFunc(meta, func(e sops.TreeItem) bool { return e.Key == key })
	}
	ruleNames := []string{"unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex"}
	patterns := []string{"_enc", "a", ".", "^$", "(", "_unencrypted", "[a-z]", "sops:dec", ""}
	for _, name := range ruleNames {
		set("rule removed", func(meta sops.TreeBranch) sops.TreeBranch { return without(meta, name) })
		for _, pattern := range patterns {
			set("rule added", func(meta sops.TreeBranch) sops.TreeBranch {
				return append(without(meta, name), sops.TreeItem{Key: name, Value: pattern})
			})
			set("rule exchanged", func(meta sops.TreeBranch) sops.TreeBranch {
				for _, other := range ruleNames {
					meta = without(meta, other)
				}
				return append(meta, sops.TreeItem{Key: name, Value: pattern})
			})
		}
	}
	for _, e := range []sops.TreeItem{
		{Key: "mac_only_encrypted", Value: true}, {Key: "mac_only_encrypted", Value: false}, {Key: "mac_only_encrypted", Value: "1"},
		{Key: "mac", Value: ""}, {Key: "mac", Value: nil}, {Key: "lastmodified", Value: "2001-02-03T04:05:06Z"}, {Key: "lastmodified", Value: "x"},
		{Key: "version", Value: "9.9.9"}, {Key: "shamir_threshold", Value: 2}, {Key: "shamir_threshold", Value: -1}, {Key: "kms", Value: nil},
		{Key: "kms", Value: []any{}}, {Key: "key_groups", Value: []any{}}, {Key: "pgp", Value: nil}, {Key: "age", Value: []any{}}, {Key: "unknown", Value: "x"},
		{Key: "Encrypted_Regex", Value: "a"}, {Key: "MAC", Value: "x"},
	} {
		set("metadata field "+e.Key.(string), func(meta sops.TreeBranch) sops.TreeBranch {
			return append(without(meta, e.Key.(string)), e)
		})
	}
	return out
}
