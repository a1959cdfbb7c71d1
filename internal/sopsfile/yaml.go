package sopsfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlReader turns the nodes of the YAML library into ours, as the official
// reader does: comments become nodes of their own, aliases are expanded.
type yamlReader struct {
	builder
	depth int
}

var (
	errYAMLKey   = errors.New("a name that is not a plain string")
	errYAMLTop   = errors.New("a YAML document that is not a map at its top")
	errYAMLValue = errors.New("a YAML value that does not fit its tag, or of a type that sops does not know")
	errYAMLMerge = errors.New("a YAML merge key whose value is not a map, which sops cannot read")
)

// yamlSyntaxError is where the text stops being YAML; line 0 when unknown. The
// library's own error quotes what it read.
type yamlSyntaxError struct{ line string }

func (e *yamlSyntaxError) Error() string {
	if e.line == "" {
		return "not YAML"
	}
	return "not YAML at line " + e.line
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s+)?line ([0-9]{1,9}):`)

func newYAMLSyntaxError(err error) error {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return &yamlSyntaxError{m[1]}
	}
	return &yamlSyntaxError{}
}

// readYAML reads every document of data.
func readYAML(ctx context.Context, data []byte) (docs []node, err error) {
	defer func() {
		if v := recover(); v != nil { // the library's, on input that it does not expect
			docs, err = nil, &yamlSyntaxError{}
		}
	}()
	if err := checkMarks(data); err != nil {
		return nil, err
	}
	r := &yamlReader{builder: builder{ctx: ctx}}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); err == io.EOF {
			return docs, nil
		} else if err != nil {
			return nil, newYAMLSyntaxError(err)
		}
		if r.nodes++; r.nodes > maxNodes {
			return nil, errNodes
		}
		base := r.open()
		if err := r.document(&n); err != nil {
			return nil, err
		}
		doc := node{kind: Map, kids: r.close(base)}
		if key, twice := r.duplicate(doc.kids); twice {
			return nil, (&treePath{nil, key, -1}).at(errDuplicate)
		}
		docs = append(docs, doc)
	}
}

func (r *yamlReader) document(n *yaml.Node) error {
	if err := r.comments(false, n.HeadComment, n.LineComment); err != nil {
		return err
	}
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode && c.ShortTag() == "!!null" {
			// A document of comments or of nothing. Its own comments come as a map's.
			if err := r.comments(false, c.HeadComment, c.LineComment); err != nil {
				return err
			}
			continue
		}
		if c.Kind != yaml.MappingNode {
			return errYAMLTop
		}
		if err := r.entries(c, nil, false); err != nil {
			return err
		}
	}
	return r.comments(false, n.FootComment)
}

// comments pushes each line of each text.
func (r *yamlReader) comments(inline bool, texts ...string) error {
	for _, text := range texts {
		if text == "" {
			continue
		}
		if err := r.spend(len(text)); err != nil { // before anything looks at it
			return err
		}
		for line := range strings.SplitSeq(text, "\n") {
			if line == "" {
				continue
			}
			if err := r.add(node{kind: Comment, text: []byte(line[1:]), inline: inline}); err != nil {
				return err
			}
		}
	}
	return nil
}

// entries pushes the entries of a mapping. commented says that the caller took
// the mapping's own comments.
func (r *yamlReader) entries(n *yaml.Node, p *treePath, commented bool) error {
	if !commented {
		if err := r.comments(false, n.HeadComment, n.LineComment); err != nil {
			return err
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if err := r.comments(false, key.HeadComment, key.LineComment); err != nil {
			return err
		}
		// A map or list keeps its own comments inside; a scalar's go before it.
		outside := value.Kind == yaml.ScalarNode || value.Kind == yaml.AliasNode
		if outside {
			if err := r.comments(false, value.HeadComment); err != nil {
				return err
			}
			if err := r.comments(true, value.LineComment); err != nil {
				return err
			}
		}
		if err := r.spend(len(key.Value)); err != nil {
			return err
		}
		name, err := yamlKey(key, value)
		if err != nil {
			return p.at(err)
		}
		kid := node{key: name}
		if err := r.value(&kid, value, &treePath{p, name, -1}, outside); err != nil {
			return err
		}
		if err := r.add(kid); err != nil {
			return err
		}
		if outside {
			if err := r.comments(false, value.FootComment); err != nil {
				return err
			}
		}
		if err := r.comments(false, key.FootComment); err != nil {
			return err
		}
	}
	if !commented {
		return r.comments(false, n.FootComment)
	}
	return nil
}

// value reads one value into kid.
func (r *yamlReader) value(kid *node, n *yaml.Node, p *treePath, commented bool) error {
	switch n.Kind {
	case yaml.ScalarNode:
		if err := r.spend(len(n.Value)); err != nil {
			return err
		}
		if err := yamlScalar(kid, n); err != nil {
			return p.at(err)
		}
		return r.spend(max(0, len(kid.text)-len(n.Value))) // a float without its exponent is longer
	case yaml.AliasNode:
		if r.depth++; r.depth > maxDepth { // an alias may stand inside its own anchor
			return p.at(errDepth)
		}
		defer func() { r.depth-- }()
		return r.value(kid, n.Alias, p, false)
	}
	if r.depth++; r.depth > maxDepth {
		return p.at(errDepth)
	}
	defer func() { r.depth-- }()
	base := r.open()
	if n.Kind == yaml.SequenceNode {
		kid.kind = List
		if err := r.items(n, p, commented); err != nil {
			return err
		}
		kid.kids = r.close(base)
		return nil
	}
	kid.kind = Map
	if err := r.entries(n, p, commented); err != nil {
		return err
	}
	kid.kids = r.close(base)
	if key, twice := r.duplicate(kid.kids); twice {
		return (&treePath{p, key, -1}).at(errDuplicate)
	}
	return nil
}

// items pushes the items of a sequence.
func (r *yamlReader) items(n *yaml.Node, p *treePath, commented bool) error {
	if !commented {
		if err := r.comments(false, n.HeadComment, n.LineComment); err != nil {
			return err
		}
	}
	for i, item := range n.Content {
		if err := r.comments(false, item.HeadComment); err != nil {
			return err
		}
		if err := r.comments(true, item.LineComment); err != nil {
			return err
		}
		kid := node{}
		if err := r.value(&kid, item, &treePath{p, "", i}, true); err != nil {
			return err
		}
		if err := r.add(kid); err != nil {
			return err
		}
		if err := r.comments(false, item.FootComment); err != nil {
			return err
		}
	}
	if !commented {
		return r.comments(false, n.FootComment)
	}
	return nil
}
