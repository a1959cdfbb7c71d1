package constructs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/cxapi"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// refuseExportedVersions panics when an output of the assembly exports the version
// of a synced secret. The constructs themselves export none; an app that makes an
// output of a reference may. CloudFormation refuses to change an export that is in
// use, and with it the secret.
func refuseExportedVersions(assembly cxapi.CloudAssembly) {
	for _, stack := range *assembly.StacksRecursively() {
		content, err := os.ReadFile(*stack.TemplateFullPath())
		if err != nil || !bytes.Contains(content, []byte(`"`+syncprotocol.AttrVersionID+`"`)) {
			continue // a template that cannot be read is left to the cdk command
		}
		var template struct {
			Resources map[string]struct{ Type string }
			Outputs   map[string]struct{ Value, Export json.RawMessage }
		}
		if json.Unmarshal(content, &template) != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(template.Outputs)) {
			var value bytes.Buffer
			output := template.Outputs[name]
			if output.Export == nil || json.Compact(&value, output.Value) != nil {
				continue
			}
			for id, resource := range template.Resources {
				version := fmt.Sprintf(`{"Fn::GetAtt":[%q,%q]}`, id, syncprotocol.AttrVersionID)
				if resource.Type == syncprotocol.ResourceType && strings.Contains(value.String(), version) {
					panic(fmt.Errorf("constructs: the output %q of stack %q exports the version of a synced secret, which could then not change while another stack uses it; export the secret's ARN instead", name, *stack.HierarchicalId()))
				}
			}
		}
	}
}
