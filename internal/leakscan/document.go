package leakscan

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

const (
	// maxDocument is the size of a JSON file in which the places of a find are looked for.
	maxDocument = 64 << 20
	// mostLocations is how many places are named.
	mostLocations = 5
	secretType    = "AWS::SecretsManager::Secret"
)

func readDocument(path string) any {
	if info, err := os.Stat(path); err != nil || info.Size() > maxDocument || filepath.Ext(path) != ".json" {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var document any
	if decoder.Decode(&document) != nil {
		return nil
	}
	return document
}

// withoutPublished returns a template, or the construct tree, without the values that are in
// it on purpose. changed is false where there are none.
func (s *search) withoutPublished(path string) (rest []byte, changed bool) {
	name := filepath.Base(path)
	var here []Published
	for _, p := range s.options.Published {
		if name == "tree.json" || name == p.TemplateFile {
			here = append(here, p)
		}
	}
	if len(here) == 0 {
		return nil, false
	}
	published := func(v any) bool {
		text, ok := v.(string)
		return ok && slices.ContainsFunc(here, func(p Published) bool { return text == string(p.SecretString.Reveal()) })
	}
	document := readDocument(path)
	if document == nil {
		return nil, false
	}
	if name == "tree.json" {
		changed = blankTree(document, published)
	} else {
		changed = blankTemplate(document, published)
	}
	if !changed {
		return nil, false
	}
	rest, err := json.Marshal(document)
	return rest, err == nil
}

func blankTemplate(document any, published func(any) bool) (changed bool) {
	template, _ := document.(map[string]any)
	resources, _ := template["Resources"].(map[string]any)
	for _, r := range resources {
		resource, _ := r.(map[string]any)
		properties, _ := resource["Properties"].(map[string]any)
		if resource["Type"] == secretType && published(properties["SecretString"]) {
			delete(properties, "SecretString")
			changed = true
		}
	}
	return changed
}

// blankTree walks the construct tree, in which a resource has its properties as attributes.
func blankTree(node any, published func(any) bool) (changed bool) {
	switch node := node.(type) {
	case map[string]any:
		properties, _ := node["aws:cdk:cloudformation:props"].(map[string]any)
		if node["aws:cdk:cloudformation:type"] == secretType && published(properties["secretString"]) {
			delete(properties, "secretString")
			changed = true
		}
		for _, kid := range node {
			changed = blankTree(kid, published) || changed
		}
	case []any:
		for _, kid := range node {
			changed = blankTree(kid, published) || changed
		}
	}
	return changed
}

// locations returns the places in a JSON file that hold one of the values.
func (s *search) locations(path string, hits map[int]bool) []string {
	if len(hits) == 0 {
		return nil
	}
	document := readDocument(path)
	if document == nil {
		return nil
	}
	holds := func(text string) bool {
		for i := range s.hits(text) {
			if hits[i] {
				return true
			}
		}
		return false
	}
	var places []string
	var walk func(v any, place string)
	walk = func(v any, place string) {
		if len(places) == mostLocations {
			return
		}
		before := len(places)
		switch v := v.(type) {
		case string:
			if holds(v) {
				places = append(places, place)
			}
		case json.Number:
			if holds(v.String()) {
				places = append(places, place)
			}
		case []any:
			for i, kid := range v {
				walk(kid, place+"/"+strconv.Itoa(i))
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if holds(name) { // its name must not be shown
					places = append(places, place)
					continue
				}
				walk(v[name], place+"/"+pointer.Replace(name))
			}
			// The literals of a function may hold it together alone.
			if len(v) == 1 && len(places) == before && joins(v) && holds(cfn.Text(v, nil)) {
				places = append(places, place)
			}
		}
	}
	walk(document, "")
	return slices.Compact(places)
}

// pointer escapes a name for a JSON pointer (RFC 6901).
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// joins reports whether a value is a function that puts literals together.
func joins(v map[string]any) bool {
	for _, name := range joining {
		if _, ok := v[name]; ok {
			return true
		}
	}
	return false
}
