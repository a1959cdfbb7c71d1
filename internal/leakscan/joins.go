package leakscan

import (
	"bytes"
	"encoding/json"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// joining are the names of the functions that put literals together.
var joining = [][]byte{[]byte(`"Fn::Join"`), []byte(`"Fn::Sub"`)}

// joined returns the texts that the functions in a template make of their literals, with a
// zero byte between them. What is not JSON behind the name of a function is left out.
func joined(text []byte) []byte {
	var all []byte
	for len(text) > 0 {
		at, name := -1, ""
		for _, function := range joining {
			if i := bytes.Index(text, function); i >= 0 && (at < 0 || i < at) {
				at, name = i, string(function[1:len(function)-1])
			}
		}
		if at < 0 {
			break
		}
		text = text[at+len(name)+2:]
		argument := bytes.TrimLeft(text, " \t\r\n")
		if len(argument) == 0 || argument[0] != ':' {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(argument[1:]))
		var value any
		if decoder.Decode(&value) != nil {
			continue
		}
		if _, plain := value.(string); !plain { // a plain text of Fn::Sub stands in one piece
			all = append(append(all, cfn.Text(map[string]any{name: value}, nil)...), 0)
		}
		text = argument[1+decoder.InputOffset():]
	}
	return all
}
