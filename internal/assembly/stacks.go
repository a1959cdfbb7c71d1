package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// maxStages is how deep the assemblies of stages may stand inside each other.
const maxStages = 20

// Stacks returns the stacks of a cloud assembly in a folder such as cdk.out, with those of
// its stages, in the order of their ids.
func Stacks(folder string) ([]Stack, error) { return stacksIn(folder, 0, map[string]bool{}) }

// stacksIn is Stacks of an assembly that is in as many others. seen are the folders that were
// read: one that is in itself, or is named twice, is no assembly of the CDK.
func stacksIn(folder string, depth int, seen map[string]bool) ([]Stack, error) {
	if place, err := filepath.EvalSymlinks(folder); err == nil {
		if seen[place] {
			return nil, errors.New("it names one folder twice as a stage; synthesize the app again")
		}
		seen[place] = true
	}
	content, err := cfn.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		return nil, errors.New("it holds no manifest.json, so it is no cloud assembly; \"cdk synth\" makes one")
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ TemplateFile, DirectoryName string }
		}
	}
	if json.Unmarshal(content, &manifest) != nil {
		return nil, errors.New("its manifest.json is not that of a cloud assembly; synthesize the app again")
	}
	if depth > maxStages {
		return nil, fmt.Errorf("it has over %d stages inside each other", maxStages)
	}
	var stacks []Stack
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		switch a := manifest.Artifacts[id]; a.Type {
		case "aws:cloudformation:stack":
			stacks = append(stacks, Stack{TemplatePath: filepath.Join(folder, a.Properties.TemplateFile)})
		case "cdk:cloud-assembly":
			inner, err := stacksIn(filepath.Join(folder, a.Properties.DirectoryName), depth+1, seen)
			if err != nil {
				return nil, err
			}
			stacks = append(stacks, inner...)
		}
	}
	return stacks, nil
}
