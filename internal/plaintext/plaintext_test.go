package plaintext_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

const value = "a-v4lue-nobody-may-see"

// The ways in which a Text sits in something else.
type (
	exported   struct{ Text plaintext.Text }
	unexported struct{ text plaintext.Text }
	pointer    struct{ text *plaintext.Text }
	nested     struct{ in unexported }
	embedded   struct{ plaintext.Text }
	anyField   struct{ v any }
	listField  struct{ list []plaintext.Text }
	mapField   struct{ m map[string]plaintext.Text }
	twice      struct{ p **plaintext.Text }
)

func holders() map[string]any {
	t := plaintext.New([]byte(value))
	p := &t
	return map[string]any{
		"itself":                     t,
		"pointer":                    p,
		"pointer to pointer":         &p,
		"slice":                      []plaintext.Text{t},
		"array":                      [1]plaintext.Text{t},
		"map":                        map[string]plaintext.Text{"k": t},
		"map of pointers":            map[string]*plaintext.Text{"k": p},
		"map's key by pointer":       map[*plaintext.Text]int{p: 1},
		"exported field":             exported{t},
		"pointer to exported field":  &exported{t},
		"unexported field":           unexported{t},
		"pointer to unexported":      &unexported{t},
		"unexported pointer":         pointer{p},
		"unexported below":           nested{unexported{t}},
		"embedded":                   embedded{t},
		"unexported any":             anyField{t},
		"unexported any with struct": anyField{unexported{t}},
		"unexported list":            listField{[]plaintext.Text{t}},
		"unexported map":             mapField{map[string]plaintext.Text{"k": t}},
		"pointer twice":              twice{&p},
		"error that wraps":           fmt.Errorf("failed on %v: %w", t, errors.New("x")),
		"error with unexported":      fmt.Errorf("failed on %v", unexported{t}),
		"func":                       t.Reveal,
	}
}

// tells reports whether out has the value in any form that fmt could give it.
func tells(out string) bool {
	b := []byte(value)
	decimals := strings.Trim(fmt.Sprint(b[:4]), "[]") // 97 45 118 52
	goSyntax := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", b[:4]), "[]byte{"), "}")
	octal := strings.Trim(fmt.Sprintf("%o", b[:4]), "[]")
	binary := strings.Trim(fmt.Sprintf("%b", b[:4]), "[]")
	chars := strings.Trim(fmt.Sprintf("%c", b[:4]), "[]")
	unicode := strings.Trim(fmt.Sprintf("%U", b[:4]), "[]")
	for _, form := range []string{
		value, value[:5], fmt.Sprintf("%x", b[:4]), fmt.Sprintf("% x", b[:4]), fmt.Sprintf("%X", b[:4]), fmt.Sprintf("%# x", b[:4]),
		decimals, goSyntax, octal, binary, chars, unicode,
	} {
		if strings.Contains(out, form) {
			return true
		}
	}
	return false
}

func TestTellsFindsEveryForm(t *testing.T) {
	for _, verb := range []string{"%v", "%s", "%q", "%x", "%X", "% x", "%# x", "%d", "%o", "%b", "%c", "%U", "%#v"} {
		if !tells(fmt.Sprintf(verb, []byte(value))) {
			t.Errorf("%s of the bare bytes is not seen", verb)
		}
	}
}

func TestNoVerbPrintsIt(t *testing.T) {
	var verbs []string
	for c := 'A'; c <= 'z'; c++ {
		for _, flags := range []string{"", "+", "#", " ", "0", "-", "+#", "# ", "200", ".3"} {
			verbs = append(verbs, "%"+flags+string(c))
		}
	}
	for name, holder := range holders() {
		for _, verb := range verbs {
			if tells(fmt.Sprintf(verb, holder)) {
				t.Errorf("%s: %s prints the value", name, verb)
			}
		}
		for what, out := range map[string]string{"Sprint": fmt.Sprint(holder), "Sprintln": fmt.Sprintln(holder), "Errorf": fmt.Errorf("%v", holder).Error()} {
			if tells(out) {
				t.Errorf("%s: %s prints the value", name, what)
			}
		}
	}
}

func TestNoEncodingPrintsIt(t *testing.T) {
	for name, holder := range holders() {
		if out, err := json.Marshal(holder); err == nil && tells(string(out)) {
			t.Errorf("%s: encoding/json prints the value", name)
		}
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "k", holder, slog.Group("g", "k", holder))
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "k", holder, slog.Group("g", "k", holder))
		if tells(b.String()) {
			t.Errorf("%s: slog prints the value", name)
		}
		b.Reset()
		if err := template.Must(template.New("t").Parse("{{.}}")).Execute(&b, holder); err == nil && tells(b.String()) {
			t.Errorf("%s: text/template prints the value", name)
		}
	}
}

func TestRedacted(t *testing.T) {
	text := plaintext.New([]byte(value))
	const want = "[REDACTED]"
	for name, got := range map[string]string{
		"String": text.String(), "GoString": text.GoString(), "%v": fmt.Sprintf("%v", text), "%x": fmt.Sprintf("%x", text), "%#v": fmt.Sprintf("%#v", text),
		"LogValue": text.LogValue().String(),
	} {
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got, err := json.Marshal(exported{text}); err != nil || string(got) != `{"Text":"[REDACTED]"}` {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := text.MarshalText(); err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestReveal(t *testing.T) {
	text := plaintext.New([]byte(value))
	if got := string(text.Reveal()); got != value {
		t.Errorf("got %d bytes, want %d", len(got), len(value))
	}
	if got := text.Len(); got != len(value) {
		t.Errorf("got length %d, want %d", got, len(value))
	}
	var zero plaintext.Text
	if zero.Reveal() != nil || zero.Len() != 0 {
		t.Errorf("got %d bytes of the zero value, want none", zero.Len())
	}
}
