package nearest_test

import (
	"slices"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/nearest"
)

func TestNames(t *testing.T) {
	keys := []string{"my_api_key", "my_first_secret", "my_second_secret", "port", "database.users[0].password"}
	for _, c := range []struct {
		name string
		want []string
	}{
		{"my_api_kye", []string{"my_api_key"}},           // two letters swapped
		{"MY_API_KEY", []string{"my_api_key"}},           // another case
		{"my_frist_secret", []string{"my_first_secret"}}, // swapped
		{"database.user[0].password", []string{"database.users[0].password"}},
		{"prt", []string{"port"}},
		{"my_secret", nil},
		{"something else", nil},
		{"", nil},
	} {
		if got := nearest.Names(c.name, keys); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
	if got := nearest.Names("key0", []string{"key1", "key2", "key3", "key4"}); len(got) != 3 {
		t.Errorf("got %q, want three at the most", got)
	}
}

func TestTypo(t *testing.T) {
	for _, c := range []struct {
		name, known string
		want        bool
	}{
		{"stage", "stage", false},
		{"Stage", "stage", true},
		{"stag", "stage", true},
		{"storage", "stage", false},
		{"acount", "account", true},
		{"accountants", "account", false},
		{"sops:decypt", "sops:decrypt", true},
		{"ops:team", "sops:decrypt", false},
	} {
		if got := nearest.Typo(c.name, c.known); got != c.want {
			t.Errorf("%q for %q: got %v, want %v", c.name, c.known, got, c.want)
		}
	}
}

func TestHint(t *testing.T) {
	if got, want := nearest.Hint("kex", []string{"key", "kez"}), `; did you mean "key" or "kez"?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	flat := []string{"feature.a", "feature.b.c", "feature.b.d", "feature.e", "list[0]", "list[1].a", "features"}
	for name, want := range map[string]string{
		"feature":       `; it is a map, whose values have the names "feature.a", "feature.b.c", "feature.b.d" and 1 more`,
		"feature.b":     `; it is a map, whose values have the names "feature.b.c", "feature.b.d"`,
		"list":          `; it is a list, whose values have the names "list[0]", "list[1].a"`,
		"list[1]":       `; it is a map, whose values have the names "list[1].a"`,
		"featur":        `; did you mean "features" or "feature.a" or "feature.e"?`,
		"features.long": `; there is "features", and no name below it`,
		"":              "",
	} {
		if got := nearest.Hint(name, flat); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
	if got := nearest.Hint("kex", []string{"other"}); got != "" {
		t.Errorf("got %s, want nothing", got)
	}
}
