package sopsfile

import "bytes"

// checkJoins bounds what the INI library copies before it starts: for each line that
// continues a value it copies the whole value again. A value continues behind a
// backslash, and from an open quote to the next line that has one.
func checkJoins(data []byte) error {
	quotes := [...][]byte{[]byte(`"""`), []byte("`")}
	var open [len(quotes)]int // bytes of the value since its quote; 0 when none is open
	continued, copied := 0, 0
	for line := range bytes.Lines(data) {
		trimmed := bytes.TrimSpace(line)
		goesOn := bytes.HasSuffix(trimmed, []byte(`\`))
		if continued += len(line); !goesOn {
			copied += continued
			continued = 0
		} else {
			copied += continued
		}
		for i, quote := range quotes {
			at := bytes.LastIndex(line, quote)
			switch {
			case open[i] > 0 && (at < 0 || goesOn):
				open[i] += len(line)
			case at >= 0 && opensValue(line[:at]):
				open[i] = len(line)
			default:
				open[i] = 0
			}
			copied += open[i]
		}
		if copied > maxINIBytes {
			return errJoins
		}
	}
	return nil
}

// opensValue reports whether a quote behind this part of a line can begin a value.
func opensValue(before []byte) bool {
	before = bytes.TrimSpace(bytes.TrimRight(before, `"`))
	return bytes.HasSuffix(before, []byte("=")) || bytes.HasSuffix(before, []byte(":"))
}
