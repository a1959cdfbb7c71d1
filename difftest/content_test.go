package difftest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Names and values that have been trouble somewhere.
var (
	someNames = []string{
		"a", "b", "password", "db_password", "user", "api-key", "a.b", "a:b", "x/y", "ключ", "日本", "UPPER", "sopsy",
		"my key", "k0", "k1", "k2", "public_note", "url", "null_", "tail_plain", "enc_token", "yes_", "0x10_", "_", "n~",
	}
	someStrings = []string{
		"plain", "", " lead and trail ", "two\nlines", "ends\n", "\n", "tab\tbed", "<&>", "quote\" and \\ and '", "ünïcödé ✓ 𝄞",
		"true", "True", "null", "~", "123", "1.50", "0x1F", "2020-01-02", "-", "- item", "key: value", "# not a comment", "*a", "&a",
		"!tag", "[x]", "{x}", "|", ">", "%d", "@at", "`tick`", "\u2028sep", "a\r\nb", "\u0007bell", "ENC[AES256_GCM,no token]", "no", "1e3",
		"=", "<<", ".inf", "::", "${X}", "{{y}}", "\u00a0nbsp", "\ufeffbom", strings.Repeat("long ", 60), strings.Repeat("x", 200),
	}
	someNumbers = []string{
		"0", "1", "-5", "5432", "1000000", "123456789012", "9007199254740993", "9223372036854775807", "-9223372036854775808",
		"1.5", "-0.25", "3.0", "1e3", "1e21", "1E-7", "0.1", "123456789.123456789", "-0", "12345678901234567890", "1e300", "2.50",
	}
)

// maker makes random content: the same for the same seed.
type maker struct {
	*rand.Rand
	version string
	quiet   bool // YAML of one document without comments
}

func (m maker) pick(list []string) string { return list[m.IntN(len(list))] }

// value is a map, list, json.Number, string, bool or nil.
func (m maker) value(depth int) any {
	n := m.IntN(12)
	if depth == 0 && n >= 9 {
		n -= 9
	}
	switch n {
	case 0, 1, 2, 3:
		return m.pick(someStrings)
	case 4, 5:
		return json.Number(m.pick(someNumbers))
	case 6:
		return m.IntN(2) == 0
	case 7:
		return nil
	case 8:
		return fmt.Sprintf("secret-%d", m.IntN(1_000_000))
	case 9:
		list := make([]any, m.IntN(4))
		for i := range list {
			list[i] = m.value(depth - 1)
		}
		return list
	default:
		return m.object(depth-1, m.IntN(5))
	}
}

// entry is one entry of an object, which keeps its order.
type entry struct {
	name  string
	value any
}

func (m maker) object(depth, size int) []entry {
	seen := map[string]bool{}
	object := []entry{}
	for range size {
		name := m.pick(someNames)
		switch m.IntN(8) {
		case 0:
			name += "_unencrypted"
		case 1:
			name += "_enc"
		}
		if !seen[name] {
			seen[name] = true
			object = append(object, entry{name, m.value(depth)})
		}
	}
	return object
}

func (m maker) json() string {
	var b strings.Builder
	m.writeJSON(&b, m.object(3, 4+m.IntN(12)))
	return b.String()
}

func (m maker) writeJSON(b *strings.Builder, v any) {
	switch v := v.(type) {
	case []entry:
		b.WriteString("{")
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			m.writeJSON(b, e.name)
			b.WriteString(": ")
			m.writeJSON(b, e.value)
		}
		b.WriteString("}")
	case []any:
		b.WriteString("[")
		for i, item := range v {
			if i > 0 {
				b.WriteString(",\n")
			}
			m.writeJSON(b, item)
		}
		b.WriteString("]")
	default:
		text, _ := json.Marshal(v)
		b.Write(text)
	}
}

// yaml writes one to three documents with comments, several styles, and anchors.
func (m maker) yaml() string {
	var b strings.Builder
	documents := 1
	if m.IntN(4) == 0 && !m.quiet {
		documents += 1 + m.IntN(2)
	}
	for i := range documents {
		if i > 0 {
			b.WriteString("---\n")
		}
		if m.IntN(3) == 0 && !m.quiet {
			b.WriteString("# head of the document\n\n")
		}
		object := m.object(3, 3+m.IntN(9))
		m.writeYAML(&b, object, "")
		if m.IntN(3) == 0 {
			b.WriteString("anchored: &anc" + strconv.Itoa(i) + "\n  p: \"x\"\n  q: [1, two]\nused: *anc" + strconv.Itoa(i) + "\n")
			b.WriteString("merged:\n  <<: *anc" + strconv.Itoa(i) + "\n  r: s\n")
		}
		if m.IntN(3) == 0 && m.version != "v3.9.4" {
			b.WriteString("day: 2020-01-02\nmoment: 2021-03-04T05:06:07.89+02:00\n")
		}
		if m.IntN(4) == 0 {
			b.WriteString("inf: .inf\nhex: 0x1f\noctal: 0o17\n")
		}
		if m.IntN(3) == 0 && !m.quiet {
			b.WriteString("# foot of the document\n")
		}
	}
	return b.String()
}

func (m maker) comment(b *strings.Builder, indent string) {
	if m.quiet {
		return
	}
	switch m.IntN(9) {
	case 0:
		b.WriteString(indent + "# a comment\n")
	case 1:
		b.WriteString(indent + "# sops:enc this one\n" + indent + "# and a second line\n")
	case 2:
		b.WriteString(indent + "# sops:dec this one\n")
	}
}

func (m maker) inline(b *strings.Builder) {
	if m.IntN(6) == 0 && !m.quiet {
		b.WriteString(" # inline")
	}
	b.WriteString("\n")
}

func (m maker) writeYAML(b *strings.Builder, object []entry, indent string) {
	for _, e := range object {
		m.comment(b, indent)
		b.WriteString(indent)
		name, _ := json.Marshal(e.name)
		b.Write(name)
		b.WriteString(":")
		m.writeYAMLValue(b, e.value, indent)
	}
}

func (m maker) writeYAMLValue(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case []entry:
		if len(v) == 0 {
			b.WriteString(" {}")
			m.inline(b)
			return
		}
		m.inline(b)
		m.writeYAML(b, v, indent+"  ")
	case []any:
		if len(v) == 0 {
			b.WriteString(" []")
			m.inline(b)
			return
		}
		m.inline(b)
		for _, item := range v {
			m.comment(b, indent+"  ")
			b.WriteString(indent + "  -")
			if sub, ok := item.([]entry); ok && len(sub) > 0 {
				b.WriteString("\n")
				m.writeYAML(b, sub, indent+"    ")
				continue
			}
			m.writeYAMLValue(b, item, indent+"  ")
		}
	case string:
		if strings.HasSuffix(v, "lines") && m.IntN(2) == 0 {
			b.WriteString(" |\n")
			for line := range strings.SplitSeq(v, "\n") {
				b.WriteString(indent + "    " + line + "\n")
			}
			return
		}
		text, _ := json.Marshal(v)
		b.WriteString(" ")
		b.Write(text)
		m.inline(b)
	default:
		text, _ := json.Marshal(v)
		b.WriteString(" ")
		b.Write(text)
		m.inline(b)
	}
}

// line is a name and a text without line breaks, for dotenv and INI.
func (m maker) line() (string, string) {
	text := m.pick(someStrings)
	if m.IntN(3) == 0 {
		text = m.pick(someNumbers)
	}
	text = strings.NewReplacer("\n", `\n`, "\r", "").Replace(text)
	name := strings.NewReplacer(":", "_", " ", "_", "=", "_", "/", "_").Replace(m.pick(someNames)) + strconv.Itoa(m.IntN(100))
	if m.IntN(5) == 0 {
		name += "_unencrypted"
	}
	return name, text
}

func (m maker) dotenv() string {
	var b strings.Builder
	seen := map[string]bool{}
	for range 3 + m.IntN(10) {
		if m.IntN(4) == 0 {
			b.WriteString("# a comment sops:" + m.pick([]string{"enc", "dec", "no"}) + "\n")
		}
		name, text := m.line()
		if !seen[name] {
			seen[name] = true
			b.WriteString(name + "=" + text + "\n")
		}
		if m.IntN(8) == 0 {
			b.WriteString("\n")
		}
	}
	return b.String()
}

func (m maker) ini() string {
	var b strings.Builder
	for i := range 1 + m.IntN(4) {
		if i > 0 || m.IntN(2) == 0 {
			if m.IntN(3) == 0 {
				b.WriteString("; of the section\n")
			}
			b.WriteString("[" + m.pick([]string{"one", "two", "three", "a.b", "with space"}) + "]\n")
		}
		seen := map[string]bool{}
		for range m.IntN(6) {
			if m.IntN(4) == 0 {
				b.WriteString(m.pick([]string{"; ", "# "}) + "a comment\n")
			}
			name, text := m.line()
			if strings.Trim(text, " ") == "" || strings.ContainsAny(text, "`\"'\\|%\ufeff\u0007") || seen[name] {
				continue
			}
			seen[name] = true
			b.WriteString(name + " = " + text + "\n")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (m maker) binary() string {
	b := make([]byte, m.IntN(300))
	for i := range b {
		b[i] = byte(m.IntN(256))
	}
	if m.IntN(3) == 0 {
		return m.pick(someStrings)
	}
	return string(b)
}
