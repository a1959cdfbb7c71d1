package render

import (
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// yamlScalar is the node of a scalar, as Encode of the library makes it. Encode
// runs a whole emitter and a whole parser per value; the scalars whose node is
// certain are made here.
func yamlScalar(n sopsfile.Node) (*yaml.Node, error) {
	text := string(n.Text().Reveal())
	switch n.Kind() {
	case sopsfile.Int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: text}, nil
	case sopsfile.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(text == "True")}, nil
	case sopsfile.Null:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
	case sopsfile.Float:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errEmit
		}
		return yamlFloat(f)
	case sopsfile.Time:
		var t time.Time
		if t.UnmarshalText([]byte(text)) != nil {
			return nil, errEmit
		}
		return encoded(t)
	}
	return yamlString(text)
}

// yamlFloat is the node of a float, which looks like an int when it has no
// fraction.
func yamlFloat(f float64) (*yaml.Node, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return encoded(f)
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatFloat(f, 'g', -1, 64)}
	if strings.ContainsAny(n.Value, ".e") {
		n.Tag = "!!float"
	}
	return n, nil
}

// yamlString is the node of a string.
func yamlString(s string) (*yaml.Node, error) {
	if isPlain(s) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}, nil
	}
	n, err := encoded(s)
	if err != nil {
		return nil, errUnreadable
	}
	return n, nil
}

func encoded(v any) (*yaml.Node, error) {
	n := &yaml.Node{}
	if n.Encode(v) != nil {
		return nil, errEmit
	}
	return n, nil
}

// isPlain reports whether YAML surely writes s without quotes: letters, digits and
// a few marks that mean nothing in YAML, beginning with a letter, and longer than
// any word that YAML takes for a bool or null.
func isPlain(s string) bool {
	const longest = len("false")
	if len(s) <= longest || !isLetter(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case isLetter(c), c >= '0' && c <= '9', c == '_', c == '-', c == '.', c == '/', c == '+':
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
