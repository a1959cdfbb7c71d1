package creationstack

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// members are the members of a JSON object, in its order.
type members []member

type member struct {
	name  string
	value json.RawMessage
}

func parseObject(content []byte) (members, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.Join(errors.New("not an object"), err)
	}
	var all members
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		all = append(all, member{name.(string), value})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("text after the object")
	}
	return all, nil
}

func (all members) index(name string) int {
	return slices.IndexFunc(all, func(m member) bool { return m.name == name })
}

// set sets a member, the last one if it is new.
func (all members) set(name string, value json.RawMessage) members {
	if at := all.index(name); at >= 0 {
		all[at].value = value
		return all
	}
	return append(all, member{name, value})
}

// insert adds the member for a path before the first one of a path below it.
func (all members) insert(path string, value json.RawMessage) members {
	at := slices.IndexFunc(all, func(m member) bool { return strings.HasPrefix(m.name, path+"/") })
	if at < 0 {
		at = len(all)
	}
	return slices.Insert(all, at, member{path, value})
}

// text returns the object as JSON.
func (all members) text() json.RawMessage {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range all {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(text(m.name))
		out.WriteByte(':')
		out.Write(m.value)
	}
	out.WriteByte('}')
	return out.Bytes()
}

// text returns a value as JSON, without the escapes that are for HTML.
func text(value any) json.RawMessage {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // strings, and JSON that was read
	}
	return bytes.TrimSpace(out.Bytes())
}
