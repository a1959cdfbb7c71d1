package leakscan

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// joining are the names of the functions that put literals together.
var joining = []string{"Fn::Join", "Fn::Sub"}

// joined calls look with the texts that the functions in a template make of their literals.
// What is not JSON behind the name of a function is passed over. The time it takes is
// proportional to the length of text, whatever is in it, but for Fn::Sub, which may repeat
// its variables: see [cfn.Text].
func joined(text []byte, look func([]byte)) {
	for {
		name, behind := nextJoin(text)
		if name == "" {
			return
		}
		text = behind
		argument := bytes.TrimLeft(text, " \t\r\n")
		if len(argument) == 0 || argument[0] != ':' {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(argument[1:]))
		var value any
		err := decoder.Decode(&value)
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &syntax):
			text = argument[1+max(0, min(int(syntax.Offset), len(argument)-1)):]
		case err != nil: // it does not end in this text
			return
		default:
			if _, plain := value.(string); !plain { // a plain text of Fn::Sub stands in one piece
				look([]byte(cfn.Text(map[string]any{name: value}, nil)))
			}
			text = argument[1+decoder.InputOffset():]
		}
	}
}

// nextJoin returns the name of the first function in a text, and the text behind it. name
// is "" where there is none.
func nextJoin(text []byte) (name string, behind []byte) {
	const start = `"Fn::`
	for {
		at := bytes.Index(text, []byte(start))
		if at < 0 {
			return "", nil
		}
		text = text[at+1:]
		for _, name := range joining {
			if len(text) > len(name) && string(text[:len(name)]) == name && text[len(name)] == '"' {
				return name, text[len(name)+1:]
			}
		}
	}
}
