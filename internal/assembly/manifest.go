package assembly

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// stackArtifact is what the manifest of a folder says about a stack.
type stackArtifact struct {
	name string
	// path is the stack's in the construct tree. account and region are "" where only a
	// deploy knows them.
	path, account, region string
	// assetManifests are the files, in the folder, that list the stack's assets.
	assetManifests []string
}

// artifactOf returns what the manifest of its folder says about the stack with this
// template: nothing where there is no manifest, or where the stack is not in it. Then
// less is found, which is no reason to fail a synthesis.
func (w *world) artifactOf(path string) stackArtifact {
	folder := filepath.Dir(path)
	stacks, read := w.manifests[folder]
	if !read {
		stacks = readManifest(filepath.Join(folder, "manifest.json"))
		w.manifests[folder] = stacks
	}
	return stacks[filepath.Base(path)]
}

// artifact is an entry of a manifest. See @aws-cdk/cloud-assembly-schema.
type artifact struct {
	Type         string
	DisplayName  string // of a stack: its path in the construct tree
	Environment  string // of a stack: aws://ACCOUNT/REGION
	Dependencies []string
	Properties   struct {
		TemplateFile, StackName string   // of a stack
		AdditionalDependencies  []string // of a stack, besides Dependencies
		File                    string   // of a manifest of assets
	}
}

// readManifest returns the stacks of a manifest, by the files of their templates.
func readManifest(path string) map[string]stackArtifact {
	content, err := cfn.ReadFile(path)
	if err != nil {
		return nil
	}
	var manifest struct{ Artifacts map[string]json.RawMessage }
	if json.Unmarshal(content, &manifest) != nil {
		return nil
	}
	artifacts := map[string]artifact{}
	for id, raw := range manifest.Artifacts {
		var a artifact
		if json.Unmarshal(raw, &a) == nil {
			artifacts[id] = a
		}
	}
	stacks := map[string]stackArtifact{}
	for id, a := range artifacts {
		if a.Properties.TemplateFile == "" {
			continue
		}
		s := stackArtifact{name: a.Properties.StackName, path: a.DisplayName}
		s.account, s.region, _ = strings.Cut(strings.TrimPrefix(a.Environment, "aws://"), "/")
		if s.account == "unknown-account" {
			s.account = ""
		}
		if s.region == "unknown-region" {
			s.region = ""
		}
		if s.name == "" {
			s.name = id
		}
		for _, other := range slices.Concat(a.Dependencies, a.Properties.AdditionalDependencies) {
			if assets := artifacts[other]; assets.Type == "cdk:asset-manifest" {
				s.assetManifests = append(s.assetManifests, assets.Properties.File)
			}
		}
		stacks[a.Properties.TemplateFile] = s
	}
	return stacks
}
