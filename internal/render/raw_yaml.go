package render

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// rawYAML writes the documents with the library and the indentation of sops.
func rawYAML(t *sopsfile.Tree) (out []byte, err error) {
	defer func() {
		if recover() != nil { // the library's, on nodes that it cannot write
			out, err = nil, errEmit
		}
	}()
	if t.Len() == 1 {
		if out, ok := blockYAML(t.Document(0)); ok {
			return out, nil
		}
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(yamlIndent)
	documents := make([]*yaml.Node, t.Len())
	for i := range t.Len() {
		mapping := &yaml.Node{Kind: yaml.MappingNode}
		if err := fillMapping(mapping, t.Document(i), nil); err != nil {
			return nil, err
		}
		documents[i] = mapping
		if e.Encode(&yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{mapping}}) != nil {
			return nil, errEmit
		}
	}
	if e.Close() != nil {
		return nil, errEmit
	}
	return b.Bytes(), readsBack(b.Bytes(), documents)
}

// pending are the comments that wait for the node that they belong to.
type pending struct {
	head, line []string
}

func (p *pending) add(c sopsfile.Node) {
	text := string(c.Text().Reveal())
	if c.Inline() {
		p.line = append(p.line, text)
	} else {
		p.head = append(p.head, text)
	}
}

func commentText(lines []string) string { return "#" + strings.Join(lines, "\n#") }

// toHead puts the waiting head comments before those that n has.
func (p *pending) toHead(n *yaml.Node) {
	if len(p.head) == 0 {
		return
	}
	text := commentText(p.head)
	if n.HeadComment != "" {
		text += "\n" + n.HeadComment
	}
	n.HeadComment, p.head = text, nil
}

// toLine puts the waiting inline comments behind those that n has.
func (p *pending) toLine(n *yaml.Node) {
	if len(p.line) == 0 {
		return
	}
	text := commentText(p.line)
	if n.LineComment != "" {
		text = n.LineComment + "\n" + text
	}
	n.LineComment, p.line = text, nil
}

// toEnd puts what is left at the foot of the last node, or, when container holds
// comments alone, on it.
func (p *pending) toEnd(container, last *yaml.Node) {
	p.head, p.line = append(p.head, p.line...), nil
	if len(p.head) == 0 {
		return
	}
	if last == nil {
		p.toHead(container)
		return
	}
	text := commentText(p.head)
	if last.FootComment != "" {
		text = last.FootComment + "\n" + text
	}
	last.FootComment = text
}

// fillMapping writes n's entries into mapping. The comments before the first entry
// are the mapping's own.
func fillMapping(mapping *yaml.Node, n sopsfile.Node, path []step) error {
	var wait pending
	var last *yaml.Node
	for i := range n.Len() {
		kid := n.At(i)
		if kid.Kind() == sopsfile.Comment {
			wait.add(kid)
			continue
		}
		if last == nil {
			wait.toHead(mapping)
		}
		key, err := yamlString(kid.Key())
		if err != nil {
			return err
		}
		wait.toHead(key)
		value, err := yamlNode(kid, append(path, step{kid.Key(), -1}))
		if err != nil {
			return err
		}
		wait.toLine(value)
		mapping.Content = append(mapping.Content, key, value)
		last = key
	}
	wait.toEnd(mapping, last)
	return nil
}

// fillSequence writes n's items into sequence.
func fillSequence(sequence *yaml.Node, n sopsfile.Node, path []step) error {
	var wait pending
	var last *yaml.Node
	index := 0
	for i := range n.Len() {
		kid := n.At(i)
		if kid.Kind() == sopsfile.Comment {
			wait.add(kid)
			continue
		}
		if last == nil {
			wait.toHead(sequence)
		}
		item, err := yamlNode(kid, append(path, step{"", index}))
		if err != nil {
			return err
		}
		index++
		wait.toHead(item)
		wait.toLine(item)
		sequence.Content = append(sequence.Content, item)
		last = item
	}
	wait.toEnd(sequence, last)
	return nil
}

// yamlNode is the node of one value.
func yamlNode(n sopsfile.Node, path []step) (*yaml.Node, error) {
	switch n.Kind() {
	case sopsfile.Map:
		mapping := &yaml.Node{Kind: yaml.MappingNode}
		return mapping, fillMapping(mapping, n, path)
	case sopsfile.List:
		sequence := &yaml.Node{Kind: yaml.SequenceNode}
		return sequence, fillSequence(sequence, n, path)
	}
	out, err := yamlScalar(n)
	if err != nil {
		return nil, valueError(path, err)
	}
	return out, nil
}
