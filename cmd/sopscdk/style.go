package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// maxShown is how long a name is printed in full, in bytes.
const maxShown = 400

// shown returns a name as it is printed: as it is, or quoted where a terminal or a reader
// would take it for something else.
func shown(name string) string {
	if name == "" || strings.TrimSpace(name) != name || filetext.Check(name, maxShown) != nil {
		return filetext.Quote(name)
	}
	return name
}

// code returns a name as code in Markdown.
func code(name string) string {
	name = shown(name)
	fence := "`"
	for strings.Contains(name, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		name = " " + name + " "
	}
	return fence + name + fence
}

// painter colours text on a terminal, and nowhere else.
type painter bool

// paints returns the painter for what w is.
func paints(w io.Writer) painter {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return painter(err == nil && info.Mode()&os.ModeCharDevice != 0)
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

func (p painter) paint(colour, text string) string {
	if !p || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// printJSON prints v, indented, with escapes for all characters that do not show.
func printJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range b.String() {
		if r == '\n' || unicode.IsPrint(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// printer prints to a writer, and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, a...)
	}
}
