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

// asEncrypted returns hostile text with a sign of sops, without which Parse says nothing but
// that it is not encrypted.
func asEncrypted(text string, format sopsfile.Format) []byte {
	if format == sopsfile.JSON {
		return []byte(strings.Replace(text, "{", `{"ENC[AES256_GCM,": 1,`, 1))
	}
	return []byte("# ENC[AES256_GCM,\n" + text)
}

func TestHostileFilesCostLittle(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s*%c]\n", c, c, strings.Repeat(fmt.Sprintf("*%c, ", c-1), 8), c-1)
	}
	const size, depth, nodes = "over 2 MiB", "more than 100 maps and lists inside each other", "more than 100000 values"
	const marks, expanded, joins, cut = "more than 200000 marks", "over 4 MiB once its aliases", "INI values of many lines", "no sops metadata"
	long := strings.Repeat("n", 1<<20)
	var indented strings.Builder // each comment stands above one value
	for i := range 30_000 {
		fmt.Fprintf(&indented, "# c\nk%d: v\n", i)
	}
	for _, tt := range []struct {
		name   string
		format sopsfile.Format
		text   string
		want   string // a part of the error
	}{
		{"too large", sopsfile.JSON, "{" + strings.Repeat(" ", 2<<20+1), size},
		{"JSON depth", sopsfile.JSON, repeated(`{"a":`), depth},
		{"JSON list depth", sopsfile.JSON, `{"a":` + repeated("["), depth},
		{"JSON items", sopsfile.JSON, `{"a":[` + repeated("1,") + "1]}", nodes},
		{"JSON entries", sopsfile.JSON, "{" + numbered(`"a%d":1,`) + `"z":1}`, nodes},
		{"JSON number", sopsfile.JSON, `{"a":` + repeated("1") + "}", "out of the range"},
		{"YAML aliases that multiply", sopsfile.YAML, bomb, nodes},
		{"YAML alias of itself", sopsfile.YAML, "a: &a [*a, *a]\n", depth},
		{"YAML alias of its map", sopsfile.YAML, "a: &a\n  b: *a\n  c: *a\n", depth},
		{"YAML aliases", sopsfile.YAML, "a: &a b\nc: [" + repeated("*a,") + "]", marks},
		{"YAML depth", sopsfile.YAML, repeated("- "), marks},
		{"YAML flow depth", sopsfile.YAML, repeated("["), marks},
		{"YAML items", sopsfile.YAML, "a: [" + repeated("a,") + "]", marks},
		{"YAML items below the marks", sopsfile.YAML, "a: [" + strings.Repeat("a,", 150_000) + "]", nodes},
		{"YAML entries", sopsfile.YAML, numbered("a%d: b\n"), marks},
		{"YAML comments", sopsfile.YAML, numbered("# c\na%d: b\n"), marks},
		{"YAML documents", sopsfile.YAML, repeated("---\na: b\n"), marks},
		{"YAML names without values", sopsfile.YAML, "a: {" + repeated("?,") + "}", marks},
		{"YAML questions", sopsfile.YAML, "a:\n" + repeated(" ?\n"), marks},
		{"YAML comments alone", sopsfile.YAML, strings.Repeat("#\n", 190_000), cut},
		{"YAML names without values below the marks", sopsfile.YAML, "a: {" + strings.Repeat("?,", 90_000) + "}", "not a plain string"},
		{"YAML depth below the marks", sopsfile.YAML, strings.Repeat("- ", 190_000), "not YAML"},
		{"YAML flow depth below the marks", sopsfile.YAML, strings.Repeat("[", 190_000), "not YAML"},
		{"YAML comments over values", sopsfile.YAML, indented.String(), cut},
		{"YAML alias of a text", sopsfile.YAML, "a: &x " + long[:256<<10] + "\n" + strings.Join(strings.SplitAfter(numbered("k%d: *x\n"), "\n")[:2000], ""), expanded},
		{"YAML alias of a long text", sopsfile.YAML, "a: &x " + long + "\n" + strings.Join(strings.SplitAfter(numbered("k%d: *x\n"), "\n")[:30_000], ""), expanded},
		{"YAML alias of a comment", sopsfile.YAML, "a: &x\n  # " + long + "\n  b: c\n" + strings.Join(strings.SplitAfter(numbered("k%d: *x\n"), "\n")[:2000], ""), expanded},
		{"YAML alias of a name", sopsfile.YAML, "a: &x {? " + long + " : b}\n" + strings.Join(strings.SplitAfter(numbered("k%d: *x\n"), "\n")[:2000], ""), expanded},
		{"YAML floats", sopsfile.YAML, strings.Join(strings.SplitAfter(numbered("k%d: 1e300\n"), "\n")[:60_000], ""), expanded},
		{"YAML tags", sopsfile.YAML, "%TAG !e! tag:" + long[:512<<10] + "\n---\n" + strings.Join(strings.SplitAfter(numbered("k%d: !e!a b\n"), "\n")[:2000], ""), "%TAG"},
		{"YAML tag directives", sopsfile.YAML, numbered("%%TAG !%d! x\n") + "---\na: b\n", "%TAG"},
		{"JSON floats", sopsfile.JSON, `{"a":[` + strings.Repeat("1e300,", 90_000) + "1]}", expanded},
		{"YAML line", sopsfile.YAML, "a: " + repeated("x "), cut},
		{"INI lines", sopsfile.INI, numbered("a%d=b\n"), "more than 10000 lines"},
		{"INI line", sopsfile.INI, "a=" + repeated("%(a)s"), cut},
		{"INI continuations", sopsfile.INI, "a=" + strings.Repeat("x\\\n", 9900), joins},
		{"INI long continuations", sopsfile.INI, "a=" + strings.Repeat(strings.Repeat("x", 200)+"\\\n", 9900), joins},
		{"INI quoted lines", sopsfile.INI, "a=\"\"\"" + strings.Repeat(strings.Repeat("x", 200)+"\n", 9900), joins},
		{"INI backquoted lines", sopsfile.INI, "a : `" + strings.Repeat(strings.Repeat("x", 200)+"\n", 9900), joins},
		{"INI quotes behind quotes", sopsfile.INI, "a=x\"\"\"y\nb=\"\"\"" + strings.Repeat(strings.Repeat("x", 200)+"\n", 9900), joins},
		{"INI quote and backslash", sopsfile.INI, "a=\"\"\"" + strings.Repeat(strings.Repeat("x", 200)+"\"\"\" \\\n", 9900), joins},
		{"dotenv metadata maps", sopsfile.Dotenv, strings.Join(strings.SplitAfter(numbered("sops_%d"+strings.Repeat("__map_", 90)+"=x\n"), "\n")[:3000], ""), "more than 20000 maps"},
		{"INI names", sopsfile.INI, strings.Join(strings.SplitAfter(numbered("a%d=b\n"), "\n")[:9999], ""), cut},
		{"dotenv lines", sopsfile.Dotenv, numbered("a%d=b\n"), nodes},
		{"dotenv metadata", sopsfile.Dotenv, numbered("sops_kms__list_%d__map_arn=x\n"), "has no position"},
		{"dotenv metadata depth", sopsfile.Dotenv, "sops_a" + repeated("__map_") + "=x", depth},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bounded(t, func() {
				_, err := sopsfile.Parse(asEncrypted(tt.text, tt.format), tt.format)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %s", err, tt.want)
				}
			})
		})
	}
}

func TestUTF16CostsLittle(t *testing.T) {
	bounded(t, func() {
		_, err := sopsfile.Parse([]byte("\xff\xfe"+repeated("?\x00,\x00")), sopsfile.YAML)
		if err == nil || !strings.Contains(err.Error(), "UTF-16") {
			t.Errorf("got %v", err)
		}
	})
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
		{"(?:" + strings.Repeat("x", 900) + "){1000}", "with over 10000 states"},
		{"(?:" + strings.Repeat(`\pL`, 200) + "){1000}", "with over 10000 states"},
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

// The names on the way to a value count for each value: all that is made of it, as
// names of flat JSON and as additional data, holds them.
func TestPathsCount(t *testing.T) {
	_, meta, _ := strings.Cut(string(read(t, "types.json")), `"sops": `)
	for _, tt := range []struct{ name, text string }{
		{"100 KB", `{"` + strings.Repeat("n", 50_000) + `":{` + strings.Join(strings.SplitAfter(numbered(`"%d":"",`), ",")[:5000], "") + `"z":""},"sops": `},
		{"1 MB", `{"` + strings.Repeat("n", 1<<20) + `":[` + strings.Repeat("null,", 3000) + `null],"sops": `},
		{"levels", strings.Repeat(`{"`+strings.Repeat("n", 10_000)+`":`, 90) + "[" + strings.Repeat("0,", 90_000) + "0]" + strings.Repeat("}", 89) + `,"sops": `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bounded(t, func() {
				_, err := sopsfile.Parse([]byte(tt.text+meta), sopsfile.JSON)
				if err == nil || !strings.Contains(err.Error(), "over 32 MiB") && !strings.Contains(err.Error(), "clear value") {
					t.Errorf("got %v", err)
				}
				if err != nil && len(err.Error()) > 1000 {
					t.Errorf("got a message of %d bytes", len(err.Error()))
				}
			})
		})
	}
}

// A rule on comments looks at each comment once, however many values it is in force for.
func TestHostileCommentRulesCostLittle(t *testing.T) {
	var text strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&text, "# comment\nk%d: \"\"\n", i)
	}
	for range 20_000 {
		text.WriteString("# comment\n")
	}
	_, meta, ok := strings.Cut(string(read(t, "types.yaml")), "\nsops:\n")
	if !ok || !strings.Contains(meta, "unencrypted_suffix: _unencrypted") {
		t.Fatal("types.yaml has changed")
	}
	meta = strings.Replace(meta, "unencrypted_suffix: _unencrypted", "encrypted_comment_regex: (secret|private)x*$", 1)
	bounded(t, func() {
		if _, err := sopsfile.Parse([]byte(text.String()+"sops:\n"+meta), sopsfile.YAML); err != nil && !strings.Contains(err.Error(), "more than 100000 values") {
			t.Error(err)
		}
	})
}
