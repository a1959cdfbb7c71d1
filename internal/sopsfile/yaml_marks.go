package sopsfile

import "bytes"

// checkMarks bounds what the YAML library makes of data before it starts: it makes
// some 300 bytes of each node, a node can take a single byte of text, and it cannot be
// stopped. It counts, outside of tokens, what can begin another node. A tag directive
// multiplies its text by the number of its uses, so it is refused, and so is UTF-16,
// in which all of this looks different.
func checkMarks(data []byte) error {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return errUTF16
	}
	marks, flow := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '\n', '\r', '?', '-', ':', '&', '*', '!':
			// A mark of a block counts where space follows, and the others before text.
			// Between brackets no space is needed.
			if flow || c != '-' && c != ':' && c != '?' || i+1 == len(data) || data[i+1] <= ' ' {
				marks++
			}
		case '[', '{':
			flow = true
			marks++
		case ',', ']', '}':
			if flow {
				marks++
			}
		case 'E':
			i += max(0, tokenLength(data[i:])-1)
		case '%':
			if (i == 0 || data[i-1] == '\n' || data[i-1] == '\r' || data[i-1] >= 0x80) && bytes.HasPrefix(data[i:], []byte("%TAG")) {
				return errTags
			}
		}
	}
	if marks > maxMarks {
		return errMarks
	}
	return nil
}

// tokenLength returns how long the token is that s begins with; 0 where it is none.
func tokenLength(s []byte) int {
	if !bytes.HasPrefix(s, []byte(tokenOpen)) {
		return 0
	}
	n := len(tokenOpen)
	for n < len(s) && isBase64(s[n]) {
		n++
	}
	end := bytes.IndexByte(s[n:min(len(s), n+tokenRest+len("comment"))], ']')
	if end < 0 {
		return 0
	}
	if _, err := splitToken(s[:n+end+1]); err != nil {
		return 0
	}
	return n + end + 1
}

func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '='
}
