package assembly_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// ECS finds a secret by its complete ARN alone (aws/aws-cdk#20744), which the CDK's own
// secret of ECS does not check.
func TestIncompleteARN(t *testing.T) {
	byName := assembly.Known{ConstructPath: "S/Imported", StackPath: "S", ARN: join("arn:", ref("AWS::Partition"), ":secretsmanager:eu-west-1:", ref("AWS::AccountId"), ":secret:theirs-??????")}
	theirs := join("arn:", ref("AWS::Partition"), ":secretsmanager:eu-west-1:", ref("AWS::AccountId"), ":secret:theirs")
	batch := object{"Job": resource("AWS::Batch::JobDefinition", object{"ContainerProperties": object{"Secrets": list{object{"Name": "A", "ValueFrom": arns + "app-dev:a::"}}}})}
	log := object{"Task": resource("AWS::ECS::TaskDefinition", object{"ContainerDefinitions": list{object{"LogConfiguration": object{"SecretOptions": list{object{"Name": "A", "ValueFrom": theirs}}}}}})}
	for name, c := range map[string]struct {
		resources object
		want      string
	}{
		"an import by name":           {task(join(theirs, ":a::")), `"S/Imported"`},
		"all of an import by name":    {task(theirs), `"S/Imported"`},
		"a log driver":                {log, `"S/Imported"`},
		"the same, complete":          {task(join(theirs, "-AbCdEf:a::")), ""},
		"by hand":                     {task(arns + "app-dev:a::"), `"S/Credentials"`},
		"by hand, complete":           {task(arns + "app-dev-AbCdEf:a::"), ""},
		"the name alone":              {task("app-dev"), `"S/Credentials"`},
		"Batch":                       {batch, `"S/Credentials"`},
		"the sync":                    {task(join(attribute("Sync", "Arn"), ":a::")), ""},
		"the resource":                {task(join(ref("X"), ":a::")), ""},
		"another secret":              {task(arns + "other:a::"), ""},
		"a build, which takes a name": {build("SECRETS_MANAGER", "app-dev:a"), ""},
		"a variable":                  {object{"Task": resource("AWS::ECS::TaskDefinition", object{"ContainerDefinitions": list{object{"Environment": list{object{"Name": "A", "Value": arns + "app-dev"}}}}})}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range check(t, with(named(object{}, "a"), c.resources), byName) {
				if f.Rule != assembly.RuleIncompleteARN {
					continue
				}
				got = append(got, f.Description)
				if f.Severity != assembly.Error || len(f.Locations) != 1 || !strings.Contains(f.Description, "the secret of "+c.want+" without the six characters at the end of its ARN, and is not found by that") {
					t.Errorf("got %+v", f)
				}
			}
			if (len(got) > 0) != (c.want != "") || len(got) > 1 {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}
