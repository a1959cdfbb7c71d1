package main

import (
	"fmt"
	"go/format"
	"testing"
)

// The constants are formatted as gofmt does it.
func TestConstantsAreFormatted(t *testing.T) {
	many := []string{}
	for i := range 300 {
		many = append(many, fmt.Sprintf("key_%d_%0*d", i%7, i%40+1, i))
	}
	for _, names := range [][]string{
		nil, {"a"}, {"a", "long_name_of_a_key"}, {"größe", "日本語", "ключ", "x"}, {"", "0", "a-b", "a_b", "\"", "a\nb", "\xff"}, many,
	} {
		source, err := goConstants("some.sops.yaml", "keys", "", names)
		if err != nil {
			t.Errorf("%q: %v", names, err)
			continue
		}
		formatted, err := format.Source(source)
		if err != nil || string(formatted) != string(source) {
			t.Errorf("%q (%v): got\n%s\nwant\n%s", names, err, source, formatted)
		}
	}
}
