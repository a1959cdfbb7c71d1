package sopstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Findings returns what the checks of package constructs found in the assembly of a folder,
// each as "SEVERITY RULE CONSTRUCT: DESCRIPTION".
func Findings(folder string) ([]string, error) {
	content, err := os.ReadFile(filepath.Join(folder, "validation-report.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // there is one only where something was found
	}
	var report struct {
		PluginReports []struct {
			PluginName string
			Violations []struct {
				RuleName, Description, Severity string
				ViolatingConstructs             []struct{ ConstructPath string }
			}
		}
	}
	if err == nil {
		err = json.Unmarshal(content, &report)
	}
	if err != nil {
		return nil, err
	}
	var found []string
	for _, plugin := range report.PluginReports {
		if plugin.PluginName != "sopscdk" {
			continue
		}
		for _, v := range plugin.Violations {
			for _, construct := range v.ViolatingConstructs {
				found = append(found, fmt.Sprintf("%s %s %s: %s", v.Severity, v.RuleName, construct.ConstructPath, v.Description))
			}
		}
	}
	return found, nil
}
