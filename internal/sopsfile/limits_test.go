package sopsfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// numbered repeats a line with running numbers up to the limit of a file's size.
func numbered(line string) string {
	var b strings.Builder
	for i := 0; b.Len() < 2<<20-100; i++ {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

func repeated(s string) string { return strings.Repeat(s, (2<<20-100)/len(s)) }

func TestHostileFilesCostLittle(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s*%c]\n", c, c, strings.Repeat(fmt.Sprintf("*%c, ", c-1), 8), c-1)
	}
	const size, depth, nodes = "over 2 MiB", "more than 100 maps and lists inside each other", "more than 100000 values"
	for _, tt := range []struct {
		name   string
		format sopsfile.Format
		text   string
		want   string // a part of the error
	}{
		{"too large", sopsfile.JSON, strings.Repeat(" ", 2<<20+1), size},
		{"JSON depth", sopsfile.JSON, repeated(`{"a":`), depth},
		{"JSON list depth", sopsfile.JSON, `{"a":` + repeated("["), depth},
		{"JSON items", sopsfile.JSON, `{"a":[` + repeated("1,") + "1]}", nodes},
		{"JSON entries", sopsfile.JSON, "{" + numbered(`"a%d":1,`) + `"z":1}`, nodes},
		{"JSON number", sopsfile.JSON, `{"a":` + repeated("1") + "}", "out of the range"},
		{"YAML aliases that multiply", sopsfile.YAML, bomb, nodes},
		{"YAML alias of itself", sopsfile.YAML, "a: &a [*a, *a]\n", depth},
		{"YAML alias of its map", sopsfile.YAML, "a: &a\n  b: *a\n  c: *a\n", depth},
		{"YAML aliases", sopsfile.YAML, "a: &a b\nc: [" + repeated("*a,") + "]", nodes},
		{"YAML depth", sopsfile.YAML, repeated("- "), "not YAML"},
		{"YAML flow depth", sopsfile.YAML, repeated("["), "not YAML"},
		{"YAML items", sopsfile.YAML, "a: [" + repeated("a,") + "]", nodes},
		{"YAML entries", sopsfile.YAML, numbered("a%d: b\n"), nodes},
		{"YAML comments", sopsfile.YAML, numbered("# c\na%d: b\n"), nodes},
		{"YAML documents", sopsfile.YAML, repeated("---\na: b\n"), nodes},
		{"YAML line", sopsfile.YAML, "a: " + repeated("x "), "not encrypted"},
		{"INI lines", sopsfile.INI, numbered("a%d=b\n"), "more than 10000 lines"},
		{"INI line", sopsfile.INI, "a=" + repeated("%(a)s"), "not encrypted"},
		{"INI continuations", sopsfile.INI, "a=" + strings.Repeat("x\\\n", 9900), "not encrypted"},
		{"INI names", sopsfile.INI, strings.Join(strings.SplitAfter(numbered("a%d=b\n"), "\n")[:9999], ""), "not encrypted"},
		{"dotenv lines", sopsfile.Dotenv, numbered("a%d=b\n"), nodes},
		{"dotenv metadata", sopsfile.Dotenv, numbered("sops_kms__list_%d__map_arn=x\n"), "has no position"},
		{"dotenv metadata depth", sopsfile.Dotenv, "sops_a" + repeated("__map_") + "=x", depth},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bounded(t, func() {
				_, err := sopsfile.Parse([]byte(tt.text), tt.format)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %s", err, tt.want)
				}
			})
		})
	}
}

// A rule is text of the file, and so is what it is matched with.
func TestHostileRulesCostLittle(t *testing.T) {
	values := "{"
	for i := range 1000 {
		values += fmt.Sprintf(`"%s%d":null,`, strings.Repeat("a", 1000), i)
	}
	values += `"sops": `
	for _, tt := range []struct{ pattern, want string }{
		{strings.Repeat("(", 1001), `"encrypted_regex" is over 1000 bytes`},
		{"(a{1000}){1000}", `"encrypted_regex" is not a regular expression of Go`},
		{"(a*){100}(a*){100}b{900}$", "too costly for this file"},
	} {
		data := edit(t, "types.json", func(meta map[string]any) {
			delete(meta, "unencrypted_suffix")
			meta["encrypted_regex"] = tt.pattern
		})
		_, meta, _ := strings.Cut(string(data), `"sops": `)
		bounded(t, func() {
			_, err := sopsfile.Parse([]byte(values+meta), sopsfile.JSON)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
