package assembly

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/cfn"
)

// use is a place of a template where a resource takes a value, of which a program, or the
// service that starts it, may read a secret.
type use struct {
	text     string // of the value
	location string
	what     string // for messages, such as "the variable A of the function"
	// reads says that the service takes the secret itself, by ID:KEY:STAGE:VERSION; without
	// it, the program gets the text.
	reads bool
	role  string // text of the ARN of the role that reads; "" where it is not known
}

// uses returns where a function, a task, a build or a pipeline takes values.
func (t *template) uses(id string) []use {
	r := t.Resources[id]
	at := "/Resources/" + id + "/Properties/"
	switch r.Type {
	case "AWS::Lambda::Function":
		environment, _ := r.Properties["Environment"].(map[string]any)
		variables, _ := environment["Variables"].(map[string]any)
		var all []use
		for _, name := range slices.Sorted(maps.Keys(variables)) {
			all = append(all, use{
				text: t.text(variables[name]), location: at + "Environment/Variables/" + name,
				what: "the variable " + name + " of the function", role: t.text(r.Properties["Role"]),
			})
		}
		return all
	case "AWS::ECS::TaskDefinition":
		return t.taskUses(r, at)
	case "AWS::Batch::JobDefinition":
		container, _ := r.Properties["ContainerProperties"].(map[string]any)
		return t.containerUses(container, at+"ContainerProperties", "", "")
	case "AWS::CodeBuild::Project":
		return t.buildUses(r, at)
	case "AWS::CodePipeline::Pipeline":
		return t.pipelineUses(r, at)
	}
	return nil
}

func (t *template) taskUses(r cfn.Resource, at string) []use {
	var all []use
	for i, item := range cfn.List(r.Properties["ContainerDefinitions"]) {
		container, _ := item.(map[string]any)
		at := fmt.Sprintf("%sContainerDefinitions/%d", at, i)
		all = append(all, t.containerUses(container, at, t.text(r.Properties["TaskRoleArn"]), t.text(r.Properties["ExecutionRoleArn"]))...)
	}
	return all
}

// containerUses returns the variables of a container, which its own role reads, and its
// secrets, which ECS reads in the execution role.
func (t *template) containerUses(container map[string]any, at, role, execution string) []use {
	name := t.text(container["Name"])
	if name == "" {
		name = "of the job"
	}
	var all []use
	for i, item := range cfn.List(container["Environment"]) {
		variable, _ := item.(map[string]any)
		all = append(all, use{
			text: t.text(variable["Value"]), location: fmt.Sprintf("%s/Environment/%d", at, i),
			what: "the variable " + t.text(variable["Name"]) + " of the container " + name, role: role,
		})
	}
	secrets := func(list any, at string) {
		for i, item := range cfn.List(list) {
			secret, _ := item.(map[string]any)
			all = append(all, use{
				text: t.text(secret["ValueFrom"]), location: fmt.Sprintf("%s/%d", at, i),
				what: "the secret " + t.text(secret["Name"]) + " of the container " + name, reads: true, role: execution,
			})
		}
	}
	secrets(container["Secrets"], at+"/Secrets")
	logs, _ := container["LogConfiguration"].(map[string]any)
	secrets(logs["SecretOptions"], at+"/LogConfiguration/SecretOptions")
	return all
}

// buildUses returns the variables of a project, and those of a build specification in the
// template.
func (t *template) buildUses(r cfn.Resource, at string) []use {
	environment, _ := r.Properties["Environment"].(map[string]any)
	role := t.text(r.Properties["ServiceRole"])
	var all []use
	for i, item := range cfn.List(environment["EnvironmentVariables"]) {
		variable, _ := item.(map[string]any)
		all = append(all, use{
			text: t.text(variable["Value"]), location: fmt.Sprintf("%sEnvironment/EnvironmentVariables/%d", at, i),
			what: "the variable " + t.text(variable["Name"]) + " of the build", reads: variable["Type"] == "SECRETS_MANAGER", role: role,
		})
	}
	source, _ := r.Properties["Source"].(map[string]any)
	var spec struct {
		Env struct {
			SecretsManager map[string]string `yaml:"secrets-manager"`
		} `yaml:"env"`
	}
	if text := t.text(source["BuildSpec"]); len(text) <= maxResolved && yaml.Unmarshal([]byte(text), &spec) == nil {
		for _, name := range slices.Sorted(maps.Keys(spec.Env.SecretsManager)) {
			all = append(all, use{
				text: spec.Env.SecretsManager[name], location: at + "Source/BuildSpec",
				what: "the variable " + name + " of the build specification", reads: true, role: role,
			})
		}
	}
	return all
}

// pipelineUses returns the variables that the actions of a pipeline give to builds.
func (t *template) pipelineUses(r cfn.Resource, at string) []use {
	var all []use
	for i, item := range cfn.List(r.Properties["Stages"]) {
		stage, _ := item.(map[string]any)
		for j, item := range cfn.List(stage["Actions"]) {
			action, _ := item.(map[string]any)
			configuration, _ := action["Configuration"].(map[string]any)
			var variables []struct{ Name, Type, Value string }
			if json.Unmarshal([]byte(t.text(configuration["EnvironmentVariables"])), &variables) != nil {
				continue
			}
			for _, variable := range variables {
				if variable.Type == "SECRETS_MANAGER" {
					all = append(all, use{
						text: variable.Value, location: fmt.Sprintf("%sStages/%d/Actions/%d/Configuration/EnvironmentVariables", at, i, j),
						what: "the variable " + variable.Name + " of the action " + t.text(action["Name"]), reads: true,
					})
				}
			}
		}
	}
	return all
}

// splitReference returns the secret that a reference ID:KEY:STAGE:VERSION begins with, the
// ID, and the parts behind it; nil for another one.
func (t *template) splitReference(text string) (s *secret, id string, parts []string) {
	text = withoutPartition(text)
	// The secret's id, an ARN or a name, ends before a colon or at the end.
	for end := len(text); end > 0; end = strings.LastIndexByte(text[:end], ':') {
		if s := t.findInPolicy(text[:end]); s != nil {
			return s, text[:end], strings.Split(strings.TrimPrefix(text[end:], ":"), ":")
		}
	}
	return nil, "", nil
}
