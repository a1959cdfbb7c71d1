package sopsfile_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

type (
	treeField struct{ tree *sopsfile.Tree }
	nodeField struct {
		node sopsfile.Node
		list []sopsfile.Node
	}
	fileField struct{ file *sopsfile.File }
)

func TestTreesPrintNothing(t *testing.T) {
	const secret = "t0p-s3cret"
	file, tree := parse(t, "types.json"), decrypt(t, "types.json")
	node := find(t, tree, "string")
	if string(node.Text().Reveal()) != secret {
		t.Fatal("the file has another value")
	}
	for name, v := range map[string]any{
		"tree": tree, "tree's value": *tree, "node": node, "document": tree.Document(0), "pointer to node": &node, "text": node.Text(), "map": map[string]sopsfile.Node{"k": node},
		"field": treeField{tree}, "pointer to field": &treeField{tree}, "nodes": nodeField{node, []sopsfile.Node{node}}, "file": file, "file field": fileField{file},
	} {
		var b strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x", "%c", "%p", "%T"} {
			fmt.Fprintf(&b, verb, v)
		}
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "k", v)
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "k", v)
		if out, err := json.Marshal(v); err == nil {
			b.Write(out)
		}
		out := strings.ToLower(b.String())
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), "116 48 112", "0x74, 0x30", "t 0 p"} {
			if strings.Contains(out, form) {
				t.Errorf("%s: a value is printed as %q", name, form)
			}
		}
	}
}
