package assembly

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// reference is the text of a reference to a resource: see [template.token].
var reference = regexp.MustCompile(`\$\{#([0-9]+)\.([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}`)

// resourceOf returns the resource that a text is a Ref of, and nothing else.
func (w *world) resourceOf(text string) (t *template, id string, ok bool) {
	t, id, attribute, ok := w.attributeOf(text)
	return t, id, ok && attribute == ""
}

// attributeOf returns the resource that a text is a Ref of, with attribute "", or an
// attribute of.
func (w *world) attributeOf(text string) (t *template, id, attribute string, ok bool) {
	if !strings.HasPrefix(text, "${#") {
		return nil, "", "", false
	}
	m := reference.FindStringSubmatch(text)
	if m == nil || len(m[0]) != len(text) {
		return nil, "", "", false
	}
	number, err := strconv.Atoi(m[1])
	if err != nil || number >= len(w.templates) {
		return nil, "", "", false
	}
	t = w.templates[number]
	if _, ok := t.Resources[m[2]]; !ok {
		return nil, "", "", false
	}
	return t, m[2], m[3], true
}

// ref returns the text of a Ref of a resource.
func (t *template) ref(id string) string {
	return t.token(cfn.Reference{Function: cfn.Ref, Name: id})
}

// attribute returns the text of an attribute of a resource.
func (t *template) attribute(id, name string) string {
	return t.token(cfn.Reference{Function: cfn.GetAtt, Name: id, Attribute: name})
}
