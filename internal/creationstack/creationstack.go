// Package creationstack writes where constructs are made into a cloud assembly that was
// synthesized, as the CDK records it for other languages: into the metadata of the stacks,
// from which the cdk command takes what it prints beside a warning and a failed deploy, and
// into the report of the validation. It reads and writes files alone.
package creationstack

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	manifestFile = "manifest.json"
	reportFile   = "validation-report.json"
	// entryType is the metadata of a construct that says where it is made. The first such
	// entry of a construct counts.
	entryType = "aws:cdk:creationStack"
	// deepest is how many assemblies may lie in each other.
	deepest = 10
)

// Made are the constructs whose place is known, by their path in the construct tree, without a
// slash before it: the calls that led there, the nearest first, each as FUNCTION (FILE:LINE).
type Made map[string][]string

// Write writes them into the assembly in a folder and into those in it, also for the
// constructs below each, in place of what the CDK recorded. It changes nothing else. A file
// that it cannot read, or whose form it does not know, stays as it is: the place of a
// construct is not worth a failure.
func (m Made) Write(folder string) {
	if len(m) == 0 || folder == "" {
		return
	}
	m.writeAssembly(folder, deepest, map[string]bool{})
	rewrite(filepath.Join(folder, reportFile), m.report)
}

// writeAssembly writes into an assembly, once: seen are those that it was written into.
func (m Made) writeAssembly(folder string, depth int, seen map[string]bool) {
	place, err := filepath.EvalSymlinks(folder)
	if err != nil || seen[place] {
		return
	}
	seen[place] = true
	var manifest struct {
		Artifacts map[string]struct {
			Type                   string
			DisplayName            string
			AdditionalMetadataFile string
			Properties             struct{ DirectoryName string }
		}
	}
	content, err := os.ReadFile(filepath.Join(folder, manifestFile))
	if err != nil || json.Unmarshal(content, &manifest) != nil || depth == 0 {
		return
	}
	for _, artifact := range manifest.Artifacts {
		switch {
		case artifact.Type == "cdk:cloud-assembly" && filepath.IsLocal(artifact.Properties.DirectoryName):
			m.writeAssembly(filepath.Join(folder, artifact.Properties.DirectoryName), depth-1, seen)
		case artifact.DisplayName != "" && filepath.IsLocal(artifact.AdditionalMetadataFile):
			rewrite(filepath.Join(folder, artifact.AdditionalMetadataFile), func(content []byte) ([]byte, error) {
				return m.metadata(content, artifact.DisplayName)
			})
		}
	}
}

// rewrite changes a file as a whole.
func rewrite(path string, change func([]byte) ([]byte, error)) {
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	changed, err := change(content)
	var indented bytes.Buffer // as the CDK writes it, with no line end
	if err != nil || json.Indent(&indented, changed, "", "  ") != nil || bytes.Equal(indented.Bytes(), content) {
		return
	}
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".creation-stacks-*")
	if err != nil {
		return
	}
	_, err = temp.Write(indented.Bytes())
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(temp.Name(), info.Mode().Perm())
	}
	if err != nil || os.Rename(temp.Name(), path) != nil {
		_ = os.Remove(temp.Name())
	}
}

// of returns the calls that led to a construct, or to the nearest above it that is known.
func (m Made) of(path string) []string {
	for {
		if calls := m[path]; calls != nil {
			return calls
		}
		slash := strings.LastIndex(path, "/")
		if slash < 0 {
			return nil
		}
		path = path[:slash]
	}
}

// metadata returns the metadata of a stack with the entries of its constructs.
func (m Made) metadata(content []byte, stack string) ([]byte, error) {
	all, err := parseObject(content)
	if err != nil {
		return nil, err
	}
	var without []string // the constructs that have no metadata yet
	for path := range m {
		if strings.HasPrefix(path, stack+"/") && all.index("/"+path) < 0 {
			without = append(without, path)
		}
	}
	slices.Sort(without)
	for _, path := range without {
		all = all.insert("/"+path, json.RawMessage("[]"))
	}
	for i := range all {
		if calls := m.of(strings.TrimPrefix(all[i].name, "/")); calls != nil {
			if all[i].value, err = withEntry(all[i].value, calls); err != nil {
				return nil, err
			}
		}
	}
	return all.text(), nil
}

// withEntry returns the metadata of one construct with the calls that led to it.
func withEntry(content json.RawMessage, calls []string) (json.RawMessage, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(content, &entries); err != nil {
		return nil, err
	}
	entry := members{{"type", text(entryType)}, {"data", text(calls)}}.text()
	for i, old := range entries {
		var is struct{ Type string }
		if err := json.Unmarshal(old, &is); err != nil {
			return nil, err
		}
		if is.Type == entryType {
			entries[i] = entry
			return text(entries), nil
		}
	}
	return text(append([]json.RawMessage{entry}, entries...)), nil
}

// report returns the report of the validation with the calls that led to each construct that
// violates a rule.
func (m Made) report(content []byte) ([]byte, error) {
	return changeMembers(content, "pluginReports", func(plugin json.RawMessage) (json.RawMessage, error) {
		return changeMembers(plugin, "violations", func(violation json.RawMessage) (json.RawMessage, error) {
			return changeMembers(violation, "violatingConstructs", m.violating)
		})
	})
}

// violating returns a construct of the report with its calls, as one trace.
func (m Made) violating(construct json.RawMessage) (json.RawMessage, error) {
	var is struct{ ConstructPath string }
	if err := json.Unmarshal(construct, &is); err != nil {
		return nil, err
	}
	calls := m.of(strings.TrimPrefix(is.ConstructPath, "/"))
	if calls == nil {
		return construct, nil
	}
	all, err := parseObject(construct)
	if err != nil {
		return nil, err
	}
	return all.set("stackTraces", text([]string{strings.Join(calls, "\n")})).text(), nil
}

// changeMembers changes each element of the list that a member of an object is.
func changeMembers(content json.RawMessage, name string, change func(json.RawMessage) (json.RawMessage, error)) (json.RawMessage, error) {
	all, err := parseObject(content)
	if err != nil {
		return nil, err
	}
	at := all.index(name)
	if at < 0 {
		return content, nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(all[at].value, &elements); err != nil {
		return nil, err
	}
	for i := range elements {
		if elements[i], err = change(elements[i]); err != nil {
			return nil, err
		}
	}
	all[at].value = text(elements)
	return all.text(), nil
}
