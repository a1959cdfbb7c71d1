package filetext_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// hostile are texts that are more than text somewhere.
var hostile = map[string]string{
	"reference":          "{{resolve:secretsmanager:prod/db:SecretString:password}}",
	"reference inside":   "a{{resolve:ssm-secure:x:1}}b",
	"reference in caps":  "{{RESOLVE:ssm:x}}",
	"reference, spaced":  "{{ resolve:ssm:x}}",
	"three braces":       "{{{resolve:ssm:x}}}",
	"token":              "${Token[TOKEN.1]}",
	"token of a list":    "#{Token[TOKEN.1]}",
	"token behind":       "$${Token[AWS.AccountId.0]}",
	"escape":             "a\x1b[31mb",
	"newline":            "a\nb",
	"zero byte":          "a\x00b",
	"delete":             "a\x7fb",
	"C1":                 "a\u0085b",
	"right to left":      "a\u202eb",
	"isolate":            "a\u2066b",
	"zero width":         "a\u200bb",
	"line separator":     "a\u2028b",
	"byte order mark":    "\ufeffa",
	"no-break space":     "a\u00a0b",
	"not UTF-8":          "a\xffb",
	"half of a rune":     "a\xe2\x82",
	"replacement of one": "a\xed\xa0\x80b",
	"long":               strings.Repeat("x", 600_000),
}

func TestCheck(t *testing.T) {
	for name, s := range hostile {
		err := filetext.Check(s, 1000)
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), s) || len(err.Error()) > 200 {
			t.Errorf("%s: the error repeats the text: %v", name, err)
		}
	}
	for _, s := range []string{"", "a b", "prod/db", "é日本😀", "{{resolv", "{resolve:x}", "${AWS::AccountId}", "${aws:username}", "$Token[", "{Token[", "{{x}}"} {
		if err := filetext.Check(s, 1000); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	if filetext.Check("123", 3) != nil || filetext.Check("1234", 3) == nil {
		t.Error("the limit is another")
	}
}

// Whatever a text is, a message with it is short, shows all that it has, and is
// nothing but text in a template.
func TestMessages(t *testing.T) {
	for name, s := range hostile {
		for way, got := range map[string]string{
			"Quote": filetext.Quote(s), "Quoted": filetext.Quoted([]string{s})[0], "Short": filetext.Short(s), "Message": filetext.Message(s),
		} {
			most := 1300
			if way == "Message" {
				most = filetext.MaxMessage + 100
			}
			if len(got) > most {
				t.Errorf("%s of %s: %d bytes", way, name, len(got))
			}
			if !utf8.ValidString(got) {
				t.Errorf("%s of %s is not UTF-8: %q", way, name, got)
			}
			for _, r := range got {
				if !unicode.IsPrint(r) && (way != "Message" || r != '\n') {
					t.Errorf("%s of %s has %U", way, name, r)
				}
			}
			for _, live := range []string{"{{resolve", "{{ resolve", "${Token[", "#{Token["} {
				if strings.Contains(strings.ToLower(got), strings.ToLower(live)) {
					t.Errorf("%s of %s is live: %q", way, name, got)
				}
			}
		}
	}
	for s, want := range map[string]string{
		"a.b[0]":            `"a.b[0]"`,
		"{{resolve:ssm:x}}": `"{\x7bresolve:ssm:x}}"`,
		"${Token[T.1]}":     `"$\x7bToken[T.1]}"`,
		"a\x1bb\u202e":      `"a\x1bb\u202e"`,
	} {
		if got := filetext.Quote(s); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, want := filetext.Quote(strings.Repeat("é", 150)), `"`+strings.Repeat("é", 100)+`"…`; got != want {
		t.Errorf("got %s", got)
	}
	if got, want := filetext.Message("a\n\tb\r\n"), "a\n\tb \n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFew(t *testing.T) {
	for most, want := range map[int]string{1: `"a" and 2 more`, 2: `"a", "b\n" and 1 more`, 3: `"a", "b\n", "c"`, 4: `"a", "b\n", "c"`} {
		if got := filetext.Few([]string{"a", "b\n", "c"}, most); got != want {
			t.Errorf("the first %d: got %s, want %s", most, got, want)
		}
	}
}
