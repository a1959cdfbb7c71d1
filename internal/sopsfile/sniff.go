package sopsfile

import "bytes"

// LooksLike guesses the format of an encrypted file by where its metadata stands;
// "" when it sees none. It takes a file of the binary format, which is JSON, for JSON.
func LooksLike(data []byte) Format {
	if isObject(data) {
		if bytes.Contains(data, []byte(`"`+metadataKey+`"`)) {
			return JSON
		}
		return ""
	}
	for line := range bytes.Lines(data) {
		switch {
		case bytes.HasPrefix(line, []byte(dotenvPrefix)) && bytes.IndexByte(line, '=') > 0:
			return Dotenv
		case bytes.HasPrefix(line, []byte("["+metadataKey+"]")):
			return INI
		case bytes.HasPrefix(line, []byte(metadataKey+":")):
			return YAML
		}
	}
	return ""
}

func isObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
}
