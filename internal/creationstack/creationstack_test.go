package creationstack_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/creationstack"
)

const manifest = `{
  "artifacts": {
    "S": {"type": "aws:cloudformation:stack", "displayName": "S", "additionalMetadataFile": "S.metadata.json"},
    "ST": {"type": "aws:cloudformation:stack", "displayName": "ST", "additionalMetadataFile": "ST.metadata.json"},
    "outside": {"type": "aws:cloudformation:stack", "displayName": "S", "additionalMetadataFile": "../outside.json"},
    "Tree": {"type": "cdk:tree"},
    "assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
  }
}`

// The CDK's metadata, and what becomes of it. What is not ours stays byte for byte.
const (
	metadata = `{
  "/S": [
    {
      "type": "aws:cdk:creationStack",
      "data": [
        "...jsii runtime..."
      ]
    }
  ],
  "/S/Other/Resource": [
    {
      "type": "aws:cdk:logicalId",
      "data": "Other<&>",
      "trace": []
    }
  ],
  "/S/Ours/Resource": [
    {
      "type": "aws:cdk:logicalId",
      "data": "Ours"
    },
    {
      "type": "aws:cdk:creationStack",
      "data": [
        "...jsii runtime..."
      ]
    }
  ],
  "/S/OursToo": [
    {
      "type": "aws:cdk:warning",
      "data": "text é"
    }
  ]
}`
	written = `{
  "/S": [
    {
      "type": "aws:cdk:creationStack",
      "data": [
        "...jsii runtime..."
      ]
    }
  ],
  "/S/Other/Resource": [
    {
      "type": "aws:cdk:logicalId",
      "data": "Other<&>",
      "trace": []
    }
  ],
  "/S/Ours": [
    {
      "type": "aws:cdk:creationStack",
      "data": [
        "stacks.new (stacks/a.go:1)",
        "main.main (main.go:2)"
      ]
    }
  ],
  "/S/Ours/Resource": [
    {
      "type": "aws:cdk:logicalId",
      "data": "Ours"
    },
    {
      "type": "aws:cdk:creationStack",
      "data": [
        "stacks.new (stacks/a.go:1)",
        "main.main (main.go:2)"
      ]
    }
  ],
  "/S/OursToo": [
    {
      "type": "aws:cdk:warning",
      "data": "text é"
    }
  ]
}`
	report = `{
  "version": "54.0.0",
  "pluginReports": [
    {
      "pluginName": "any",
      "violations": [
        {
          "ruleName": "r",
          "violatingConstructs": [
            {
              "constructPath": "S/Ours/Resource",
              "stackTraces": [
                "...jsii runtime..."
              ]
            },
            {
              "constructPath": "S/Ours"
            },
            {
              "constructPath": ""
            }
          ]
        }
      ]
    },
    {
      "pluginName": "none"
    }
  ]
}`
	writtenReport = `{
  "version": "54.0.0",
  "pluginReports": [
    {
      "pluginName": "any",
      "violations": [
        {
          "ruleName": "r",
          "violatingConstructs": [
            {
              "constructPath": "S/Ours/Resource",
              "stackTraces": [
                "stacks.new (stacks/a.go:1)\nmain.main (main.go:2)"
              ]
            },
            {
              "constructPath": "S/Ours",
              "stackTraces": [
                "stacks.new (stacks/a.go:1)\nmain.main (main.go:2)"
              ]
            },
            {
              "constructPath": ""
            }
          ]
        }
      ]
    },
    {
      "pluginName": "none"
    }
  ]
}`
)

var made = creationstack.Made{
	"S/Ours":      {"stacks.new (stacks/a.go:1)", "main.main (main.go:2)"},
	"Prod/S/Ours": {"stacks.new (stacks/a.go:1)"},
}

func write(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "cdk.out")
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func check(t *testing.T, root string, want map[string]string) {
	t.Helper()
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || string(got) != content {
			t.Errorf("%s (%v): got\n%s\nwant\n%s", name, err, got, content)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(root, ".*")); left != nil {
		t.Errorf("%q are left", left)
	}
}

func TestWrite(t *testing.T) {
	const inStage = `{"artifacts": {"ProdS": {"displayName": "Prod/S", "additionalMetadataFile": "ProdS.metadata.json"}}}`
	files := map[string]string{
		"manifest.json": manifest, "S.metadata.json": metadata, "ST.metadata.json": `{"/ST": []}`, "validation-report.json": report,
		"assembly-Prod/manifest.json": inStage, "assembly-Prod/ProdS.metadata.json": `{"/Prod/S":[]}`, "../outside.json": metadata,
	}
	root := write(t, files)
	want := map[string]string{
		"manifest.json": manifest, "S.metadata.json": written, "validation-report.json": writtenReport, "../outside.json": metadata,
		"assembly-Prod/ProdS.metadata.json": "{\n  \"/Prod/S\": [],\n  \"/Prod/S/Ours\": [\n    {\n      \"type\": \"aws:cdk:creationStack\",\n" +
			"      \"data\": [\n        \"stacks.new (stacks/a.go:1)\"\n      ]\n    }\n  ]\n}",
	}
	made.Write(root)
	check(t, root, want)
	if info, err := os.Stat(filepath.Join(root, "S.metadata.json")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode: %v (%v)", info.Mode(), err)
	}
	made.Write(root) // again
	check(t, root, want)
}

// An assembly that names itself many times is written once: each of its ten levels would
// otherwise be read forty times as often as the one above.
func TestAssemblyInItself(t *testing.T) {
	var stages []string
	for i := range 40 {
		stages = append(stages, fmt.Sprintf(`"a%d": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}`, i))
	}
	inItself := `{"artifacts": {` + strings.Join(stages, ",") + `, "S": {"displayName": "S", "additionalMetadataFile": "S.metadata.json"}}}`
	root := write(t, map[string]string{"manifest.json": inItself, "S.metadata.json": metadata})
	made.Write(root)
	check(t, root, map[string]string{"manifest.json": inItself, "S.metadata.json": written})
}

// What is not as the CDK writes it today stays as it is.
func TestOtherForms(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"no assembly":        {},
		"no object":          {"manifest.json": manifest, "S.metadata.json": "[]", "validation-report.json": report + "1"},
		"no JSON":            {"manifest.json": manifest, "S.metadata.json": metadata[:99], "validation-report.json": report[:99]},
		"other members":      {"manifest.json": manifest, "S.metadata.json": `{"/S/Ours":{}}`, "validation-report.json": `{"pluginReports":{}}`},
		"no list of entries": {"manifest.json": manifest, "S.metadata.json": `{"/S/Ours":[1]}`, "validation-report.json": `{"pluginReports":[{"violations":[1]}]}`},
		"another manifest":   {"manifest.json": `{"artifacts":[]}`, "S.metadata.json": metadata},
		"itself":             {"manifest.json": `{"artifacts":{"a":{"type":"cdk:cloud-assembly","properties":{"directoryName":"."}}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			root := write(t, files)
			made.Write(root)
			check(t, root, files)
		})
	}
	creationstack.Made(nil).Write(t.TempDir())
	made.Write("")
}
