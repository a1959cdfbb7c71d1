package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
)

// printCommand prints the whole of "npx cdk synth": of this repository's sample app, and
// of the same app in JavaScript, with the same context and the same sample file. Both are
// warm: nothing is left to compile or to install. What the CDK validates by itself is on,
// as it is for who types the command.
func (s *synths) printCommand(name string) error {
	installed, err := s.Installed()
	if err != nil {
		return err
	}
	project, err := s.Sub("sample")
	if err != nil {
		return err
	}
	if err := s.copySample(project, "node "+filepath.Join(installed, "sample.js")); err != nil {
		return err
	}
	usages, err := fleet.InTurns(synthRounds, s.Command(installed, s.Repo()), s.Command(installed, project))
	if err != nil {
		return err
	}
	printUsages(name, usages[0], usages[1], seconds)
	return nil
}

// copySample makes a project of the JavaScript app: the repository's cdk.json with another
// command, and the sample file. Its keys are named by id: of an alias the peer would ask the
// account.
func (s *synths) copySample(project, command string) error {
	content, err := os.ReadFile(filepath.Join(s.Repo(), "cdk.json"))
	if err != nil {
		return err
	}
	var settings map[string]any
	if err := json.Unmarshal(content, &settings); err != nil {
		return err
	}
	settings["app"] = command
	if content, err = json.Marshal(settings); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(project, "cdk.json"), content, 0o600); err != nil {
		return err
	}
	const sample = "sops/mymanagedsecrets.sops.json"
	if content, err = os.ReadFile(filepath.Join(s.Repo(), sample)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(project, "sops"), 0o755); err != nil {
		return err
	}
	content = bytes.ReplaceAll(content, []byte(":alias/"), []byte(":key/"))
	return os.WriteFile(filepath.Join(project, sample), content, 0o600)
}
