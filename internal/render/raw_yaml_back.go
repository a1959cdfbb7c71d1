package render

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
)

var errUnreadable = errors.New("text that sops writes as YAML which reads back as something else or not at all; " +
	"use OutputNestedJSON or OutputFlatJSON, or remove the spaces and tabs at the start of its first line")

// readsBack returns an error unless out, which the library wrote of documents, holds
// them: the library and sops write some texts as YAML that says something else, such
// as one in a list that has several lines and begins with a space.
func readsBack(out []byte, documents []*yaml.Node) error {
	d := yaml.NewDecoder(bytes.NewReader(out))
	for _, want := range documents {
		var got yaml.Node
		if d.Decode(&got) != nil || len(got.Content) != 1 {
			return unreadableIn(want, nil)
		}
		if err := sameNode(want, got.Content[0], nil); err != nil {
			return err
		}
	}
	if d.Decode(&yaml.Node{}) != io.EOF {
		return errUnreadable
	}
	return nil
}

// sameNode returns an error for the first place where got differs from want, which
// stands at path.
func sameNode(want, got *yaml.Node, path []step) error {
	if want.Kind != got.Kind || want.Value != got.Value || isText(want) != isText(got) || len(want.Content) != len(got.Content) {
		return errorAt(path)
	}
	return parts(want, path, func(i int, path []step) error {
		return sameNode(want.Content[i], got.Content[i], path)
	})
}

// unreadableIn returns an error that names the first value which cannot be read even
// by itself, in a map or list as here; without a name if there is none.
func unreadableIn(n *yaml.Node, path []step) error {
	err := parts(n, path, func(i int, path []step) error {
		kid := n.Content[i]
		if kid.Kind != yaml.ScalarNode {
			if err := unreadableIn(kid, path); err != errUnreadable {
				return err
			}
			return nil
		}
		alone := &yaml.Node{Kind: n.Kind, Content: []*yaml.Node{kid}}
		if plain := (&yaml.Node{Kind: yaml.ScalarNode, Value: "x"}); n.Kind == yaml.MappingNode {
			alone.Content = []*yaml.Node{plain, kid}
			if i%2 == 0 { // a name
				alone.Content = []*yaml.Node{kid, plain}
			}
		}
		var b bytes.Buffer
		e := yaml.NewEncoder(&b)
		e.SetIndent(yamlIndent)
		var got yaml.Node
		if e.Encode(alone) != nil || e.Close() != nil || yaml.Unmarshal(b.Bytes(), &got) != nil {
			return errorAt(path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return errUnreadable
}

// parts calls f with the index of each node below n, names among them, and its path.
func parts(n *yaml.Node, path []step, f func(i int, path []step) error) error {
	for i := range n.Content {
		s := step{"", i}
		if n.Kind == yaml.MappingNode {
			s = step{n.Content[i-i%2].Value, -1}
		}
		if err := f(i, append(path, s)); err != nil {
			return err
		}
	}
	return nil
}

func errorAt(path []step) error {
	if len(path) == 0 {
		return errUnreadable
	}
	return valueError(path, errUnreadable)
}

// isText reports whether YAML takes a scalar for text. A name << is text to sops.
func isText(n *yaml.Node) bool {
	tag := n.ShortTag()
	return n.Kind == yaml.ScalarNode && (tag == "!!str" || tag == "!!merge")
}
