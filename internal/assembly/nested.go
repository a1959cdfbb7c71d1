package assembly

import (
	"os"
	"path/filepath"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

const (
	nestedStack = "AWS::CloudFormation::Stack"

	// maxNested is the size in bytes over which the template of a nested stack is not
	// read: CloudFormation takes at most 1 MB.
	maxNested = 16 << 20
	// maxInstances is how many nested stacks with one template are told apart. Without a
	// limit, stacks that each contain the next one twice would double at each level, and
	// one that contains itself would not end.
	maxInstances = 100
)

// addNested adds the stack that a resource nests in t, and all that are nested in it.
//
// Its template need not be in the assembly: whatever is not a template there is left
// out, since the CDK need not have written it. Nested stacks with the same template are
// told apart, for they may have other parameters.
func (t *template) addNested(id string) {
	w, r := t.world, t.Resources[id]
	for _, file := range []string{t.assetPath(r), t.assets.at(cfn.Text(r.Properties["TemplateURL"], nil))} {
		document := w.readNested(file)
		if document == nil {
			continue
		}
		instances := w.instances[file]
		if len(instances) == maxInstances {
			t.nested[id] = instances[0]
			return
		}
		child := &template{
			Template: document, constructPath: r.ConstructPath, account: t.account, region: t.region,
			assets: t.assets, parent: t, resource: id,
		}
		w.instances[file] = append(instances, child)
		t.nested[id] = child
		w.add(child)
		return
	}
}

// assetPath returns the file that the CDK names as the template of a nested stack, if
// the app writes such metadata: the CDK command asks for it, and App.Synth alone does
// not.
func (t *template) assetPath(r cfn.Resource) string {
	if r.AssetPath == "" {
		return ""
	}
	return inFolder(t.folder, r.AssetPath)
}

// readNested returns the template in a file, or nil if it has none.
func (w *world) readNested(file string) *cfn.Template {
	if document, read := w.documents[file]; read {
		return document
	}
	var document *cfn.Template
	if file != "" {
		// A template from elsewhere may name any file, such as a device without an end.
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Size() <= maxNested {
			document, _ = cfn.Read(filepath.Clean(file))
		}
	}
	w.documents[file] = document
	return document
}

// templateOf returns the stack at a path of the construct tree, or nil.
func (w *world) templateOf(constructPath string) *template {
	if constructPath == "" {
		return nil
	}
	for _, t := range w.templates {
		if t.constructPath == constructPath {
			return t
		}
	}
	return nil
}
