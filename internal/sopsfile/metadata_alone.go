package sopsfile

import (
	"bytes"
	"context"
)

// ReadMetadata returns what a file says about itself, without parsing the rest of the file:
// so a file that names keys which it may not name is refused before it can cost anything.
// It takes the metadata from where sops writes it, in time linear in the file's size. ok is
// false where it finds none; [Parse] then says what is wrong. [Parse] may find other
// metadata in a file that sops did not write, so what is allowed by what ReadMetadata
// returns must be checked again.
func ReadMetadata(data []byte, format Format) (m *Metadata, ok bool) {
	if len(data) > MaxSize {
		return nil, false
	}
	alone := metadataAlone(data, format)
	if alone == nil {
		return nil, false
	}
	docs, err := readDocs(context.Background(), alone, format)
	if err != nil {
		return nil, false
	}
	n, err := extractMetadata(docs)
	if err != nil {
		return nil, false
	}
	m, err = readMetadata(n)
	return m, err == nil
}

// metadataAlone returns a file of the format that holds the metadata of data and nothing
// else; nil where there is none.
func metadataAlone(data []byte, format Format) []byte {
	switch format {
	case YAML:
		if isObject(data) {
			return jsonMetadata(data)
		}
		return block(data, func(line []byte) bool { return bytes.HasPrefix(line, []byte(metadataKey+":")) },
			func(line []byte) bool { return !bytes.ContainsAny(line[:1], " \t#\r\n") })
	case INI:
		return block(data, func(line []byte) bool { return bytes.HasPrefix(line, []byte("["+metadataKey+"]")) },
			func(line []byte) bool { return line[0] == '[' })
	case Dotenv:
		var lines []byte
		for line := range bytes.Lines(data) {
			if bytes.HasPrefix(line, []byte(dotenvPrefix)) {
				lines = append(lines, line...)
			}
		}
		return lines
	}
	return jsonMetadata(data)
}

// block returns a copy of the lines from the first one that begins it, up to the next one
// that ends it.
func block(data []byte, begins, ends func(line []byte) bool) []byte {
	at, start := 0, -1
	for line := range bytes.Lines(data) {
		switch {
		case start < 0 && begins(line):
			start = at
		case start >= 0 && ends(line):
			return bytes.Clone(data[start:at])
		}
		at += len(line)
	}
	if start < 0 {
		return nil
	}
	return bytes.Clone(data[start:])
}

// jsonMetadata returns an object with nothing but the entry "sops" of the object data. It
// skips values by their brackets and quotes.
func jsonMetadata(data []byte) []byte {
	depth, start := 0, -1 // start is where the entry's value begins
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 && start >= 0 {
				return jsonEntry(data[start:i])
			}
		case ',':
			if depth == 1 && start >= 0 {
				return jsonEntry(data[start:i])
			}
		case '"':
			end := i + 1
			for end < len(data) && data[end] != '"' {
				if data[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(data) {
				return nil
			}
			name := data[i+1 : end]
			i = end
			if depth != 1 || start >= 0 || string(name) != metadataKey {
				continue
			}
			if rest := bytes.TrimLeft(data[i+1:], " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
				start = len(data) - len(rest) + 1
			}
		}
	}
	return nil
}

func jsonEntry(value []byte) []byte {
	return append(append([]byte(`{"`+metadataKey+`":`), value...), '}')
}
