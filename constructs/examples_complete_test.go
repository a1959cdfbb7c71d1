package sopsconstructs_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Every exported function of the package, constructors among them, has an example.
func TestEveryFunctionHasAnExample(t *testing.T) {
	set := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	pkg, err := doc.NewFromFiles(set, files, "github.com/ebb7bed6/sopscdk/constructs")
	if err != nil {
		t.Fatal(err)
	}
	functions := pkg.Funcs
	for _, kind := range pkg.Types {
		functions = append(functions, kind.Funcs...)
		for _, example := range kind.Examples {
			if example.Doc == "" {
				t.Errorf("Example%s says nothing of what it shows", example.Name)
			}
		}
	}
	if len(functions) < 10 {
		t.Fatalf("only %d functions are exported", len(functions))
	}
	for _, function := range functions {
		switch {
		case len(function.Examples) == 0:
			t.Errorf("%s has no example", function.Name)
		case function.Examples[0].Doc == "":
			t.Errorf("the example of %s says nothing of what it shows", function.Name)
		}
	}
}
