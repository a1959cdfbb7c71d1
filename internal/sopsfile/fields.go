package sopsfile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// metadataKey is the name of the entry that holds the metadata.
const metadataKey = "sops"

// metadataError is a fault of the metadata at one of its fields. Metadata is
// clear text, but its errors quote it no more than others do.
func metadataError(field, fault string) error {
	return fmt.Errorf("the metadata is not what sops writes: %s %s", filetext.Quote(field), fault)
}

// fields are the entries of one map of the metadata.
type fields struct {
	name string // path for errors
	kids []node
}

func newFields(n *node, name string) (fields, error) {
	if n.kind != Map {
		return fields{}, metadataError(name, "is not a map")
	}
	return fields{name, n.kids}, nil
}

// get finds an entry; nil when it is missing or null. The official reader matches
// names without minding case, so Mac could stand for mac: that is refused.
func (f fields) get(key string) (*node, error) {
	var found *node
	for i := range f.kids {
		n := &f.kids[i]
		if n.kind == Comment || len(n.key) != len(key) || !strings.EqualFold(n.key, key) {
			continue
		}
		if n.key != key {
			return nil, metadataError(f.path(n.key), "differs from a known name in case alone")
		}
		if n.kind != Null {
			found = n
		}
	}
	return found, nil
}

func (f fields) path(key string) string {
	if f.name == "" {
		return key
	}
	return f.name + "." + key
}

// text is a string entry; "" when it is missing.
func (f fields) text(key string) (string, error) {
	n, err := f.get(key)
	if err != nil || n == nil {
		return "", err
	}
	switch n.kind {
	case String:
		return string(n.text), nil
	case Map, List:
		return "", metadataError(f.path(key), "is not a string")
	}
	return "", explained{metadataError(f.path(key), "has lost its quotes, so that it is read as something else than text; put it in quotes, as sops does")}
}

// version is the version of sops. Files of 2015 have it as a number, and sops reads them.
func (f fields) version() (string, error) {
	if n, err := f.get("version"); err == nil && n != nil && (n.kind == Int || n.kind == Float) {
		return string(n.text), nil
	}
	return f.text("version")
}

// word is a string entry that names a key, a role or the like: one that becomes part of
// templates and messages, and so must be text there too.
func (f fields) word(key string) (string, error) {
	s, err := f.text(key)
	if err != nil {
		return "", err
	}
	return s, f.checkWord(key, s)
}

func (f fields) checkWord(key, s string) error {
	if err := filetext.Check(s, maxWord); err != nil {
		return metadataError(f.path(key), err.Error())
	}
	return nil
}

// number is a whole number, in dotenv and INI as text; 0 when it is missing.
func (f fields) number(key string) (int, error) {
	n, err := f.get(key)
	if err != nil || n == nil {
		return 0, err
	}
	v, err := strconv.Atoi(string(n.text))
	if n.kind != Int && n.kind != String || err != nil || v < 0 {
		return 0, metadataError(f.path(key), "is not a whole number from 0 up")
	}
	return v, nil
}

// flag is true or false, in dotenv and INI as text; false when it is missing.
func (f fields) flag(key string) (bool, error) {
	n, err := f.get(key)
	if err != nil || n == nil {
		return false, err
	}
	switch s := string(n.text); {
	case n.kind == Bool:
		return s == "True", nil
	case n.kind == String && s == "true":
		return true, nil
	case n.kind == String && (s == "false" || s == ""):
		return false, nil
	}
	return false, metadataError(f.path(key), "is neither true nor false")
}

// list is the items of a list. Missing, null and empty are the same: sops wrote
// all three over the years.
func (f fields) list(key string) ([]*node, error) {
	n, err := f.get(key)
	if err != nil || n == nil {
		return nil, err
	}
	switch {
	case n.kind == List:
		items := make([]*node, 0, len(n.kids))
		for i := range n.kids {
			if n.kids[i].kind != Comment {
				items = append(items, &n.kids[i])
			}
		}
		return items, nil
	case n.kind == Map && len(n.kids) == 0:
		return nil, nil
	}
	return nil, metadataError(f.path(key), "is not a list")
}

// time is a time as RFC 3339.
func (f fields) time(key string) (time.Time, error) {
	s, err := f.text(key)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, metadataError(f.path(key), "is not a time as RFC 3339")
	}
	return t, nil
}
