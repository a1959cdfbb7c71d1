package assembly_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

// named is [filled] with names that its sync shows, and an output.
func named(output object, names ...string) object {
	shown := object{}
	for _, name := range names {
		shown[name] = "0123456789ab"
	}
	resources := filled(object{"Name": "app-dev"})
	sync := resources["Sync"].(object)
	sync["Properties"] = with(sync["Properties"].(object), object{"Names": shown, "Output": output})
	return resources
}

func task(valueFrom any) object {
	return object{"Task": resource("AWS::ECS::TaskDefinition", object{"ContainerDefinitions": list{object{
		"Name": "app", "Secrets": list{object{"Name": "A", "ValueFrom": valueFrom}},
	}}})}
}

func build(kind string, value any) object {
	return object{"Build": resource("AWS::CodeBuild::Project", object{"Environment": object{
		"EnvironmentVariables": list{object{"Name": "A", "Type": kind, "Value": value}},
	}})}
}

func TestUnknownKey(t *testing.T) {
	const names = "a b.c list[0]"
	flat, nested := object{}, object{"Mode": "nested"}
	field := func(rest string) object { return join(attribute("Sync", "Arn"), ":"+rest) }
	spec := func(key string) object {
		return object{"Build": resource("AWS::CodeBuild::Project", object{"Source": object{
			"BuildSpec": "version: 0.2\nenv:\n  secrets-manager:\n    A: app-dev:" + key + "\nphases: {}\n"}})}
	}
	pipeline := func(value object) object {
		return object{"P": resource("AWS::CodePipeline::Pipeline", object{"Stages": list{object{"Actions": list{object{
			"Name": "act", "Configuration": object{"EnvironmentVariables": join(`[{"name":"A","type":"SECRETS_MANAGER","value":"`, value, `"}]`)},
		}}}}})}
	}
	for name, c := range map[string]struct {
		output    object
		names     string
		resources object
		want      string // the beginning of the description
	}{
		"ECS":                                {flat, names, task(field("x::")), `the secret A of the container app takes the key "x" of the secret of "S/Credentials", which its file does not have`},
		"ECS, nearly":                        {flat, "my_api_key", task(field("my_api_kye::")), `the secret A of the container app takes the key "my_api_kye" of the secret of "S/Credentials", which its file does not have; did you mean "my_api_key"?`},
		"ECS, a map":                         {flat, names, task(field("b::")), `the secret A of the container app takes the key "b" of the secret of "S/Credentials", which its file does not have; it is a map, whose values have the names "b.c"`},
		"ECS, the key":                       {flat, names, task(field("a::")), ""},
		"ECS, the synced version":            {flat, names, task(join(attribute("Sync", "Arn"), ":x::", attribute("Sync", "VersionId"))), `the secret A`},
		"ECS, another version":               {flat, names, task(field("x::0123")), ""},
		"ECS, the previous version":          {flat, names, task(field("x:AWSPREVIOUS:")), ""},
		"ECS, the current version":           {flat, names, task(field("x:AWSCURRENT:")), `the secret A`},
		"ECS, all of it":                     {flat, names, task(attribute("Sync", "Arn")), ""},
		"ECS, by the complete ARN":           {flat, names, task(arns + "app-dev-AbCdEf:x::"), `the secret A`},
		"ECS, by the resource":               {flat, names, task(join(ref("X"), ":x::")), `the secret A`},
		"ECS, another secret":                {flat, names, task(arns + "app-dev-admin-AbCdEf:x::"), ""},
		"ECS, a key that a deploy knows":     {flat, names, task(join(attribute("Sync", "Arn"), ":", ref("Parameter"), "::")), ""},
		"ECS, a log driver":                  {flat, names, object{"Task": resource("AWS::ECS::TaskDefinition", object{"ContainerDefinitions": list{object{"Name": "app", "LogConfiguration": object{"SecretOptions": list{object{"Name": "A", "ValueFrom": field("x::")}}}}}})}, `the secret A of the container app`},
		"Batch":                              {flat, names, object{"Job": resource("AWS::Batch::JobDefinition", object{"ContainerProperties": object{"Secrets": list{object{"Name": "A", "ValueFrom": field("x::")}}}})}, `the secret A of the container of the job`},
		"CodeBuild":                          {flat, names, build("SECRETS_MANAGER", field("x")), `the variable A of the build takes the key "x"`},
		"CodeBuild, by name":                 {flat, names, build("SECRETS_MANAGER", "app-dev:x"), `the variable A of the build takes the key "x"`},
		"CodeBuild, with two colons":         {flat, names, build("SECRETS_MANAGER", "app-dev::x"), ""},
		"CodeBuild, the key":                 {flat, names, build("SECRETS_MANAGER", "app-dev:list[0]"), ""},
		"CodeBuild, a text":                  {flat, names, build("PLAINTEXT", "app-dev:x"), ""},
		"a build specification":              {flat, names, spec("x"), `the variable A of the build specification takes the key "x"`},
		"a build specification, the key":     {flat, names, spec("b.c"), ""},
		"CodePipeline":                       {flat, names, pipeline(field("x")), `the variable A of the action act takes the key "x"`},
		"CodePipeline, the key":              {flat, names, pipeline(field("a")), ""},
		"a dynamic reference":                {flat, names, object{"R": resource("Test::Of::It", object{"Password": join("{{resolve:secretsmanager:", attribute("Sync", "Arn"), ":SecretString:x::}}")})}, `the property Password of R takes the key "x"`},
		"a dynamic reference, by name":       {flat, names, object{"R": resource("Test::Of::It", object{"A": list{object{"B": "u {{resolve:secretsmanager:app-dev:SecretString:x}}"}}})}, `the property A of R takes the key "x"`},
		"a dynamic reference, the key":       {flat, names, object{"R": resource("Test::Of::It", object{"Password": "{{resolve:secretsmanager:app-dev:SecretString:a}}"})}, ""},
		"a dynamic reference, all of it":     {flat, names, object{"R": resource("Test::Of::It", object{"Password": "{{resolve:secretsmanager:app-dev}}"})}, ""},
		"a dynamic reference, all, by Text":  {flat, names, object{"R": resource("Test::Of::It", object{"Password": "{{resolve:secretsmanager:app-dev:SecretString}}"})}, ""},
		"flat, below a name at the top":      {flat, "b", task(field("b.c::")), ""},
		"nested, a name at the top":          {nested, "b", task(field("b::")), ""},
		"nested, below it":                   {nested, "b", task(field("b.c::")), `the secret A of the container app takes the key "b.c" of the secret of "S/Credentials", which its file does not have; did you mean "b"?`},
		"raw":                                {object{"Mode": "raw"}, ".", task(field("x::")), ""},
		"one value":                          {object{"Mode": "value", "Value": "a"}, "a", task(field("x::")), ""},
		"a fingerprint of the whole":         {flat, ".", task(field("x::")), ""},
		"no names":                           {flat, "", task(field("x::")), ""},
		"a name that is shown by its hash":   {flat, fmt.Sprintf("ü@(%x)", hashOf("ü")), task(field("ü::")), ""},
		"another that is shown by its hash":  {flat, fmt.Sprintf("ü@(%x)", hashOf("ü")), task(field("ö::")), `the secret A`},
		"hostile: lists where there is none": {flat, names, object{"Task": resource("AWS::ECS::TaskDefinition", object{"ContainerDefinitions": list{"x", list{}, object{"Secrets": "y", "LogConfiguration": list{}}}}), "Build": resource("AWS::CodeBuild::Project", object{"Environment": list{}, "Source": object{"BuildSpec": "a: [b"}}), "P": resource("AWS::CodePipeline::Pipeline", object{"Stages": list{"x", object{"Actions": list{"y", object{"Configuration": "z"}}}}})}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var list []string
			for _, name := range strings.Fields(c.names) {
				list = append(list, strings.ReplaceAll(name, "@", " "))
			}
			var got []string
			for _, f := range check(t, with(named(c.output, list...), c.resources)) {
				if f.Rule != assembly.RuleUnknownKey {
					continue
				}
				got = append(got, f.Description)
				if f.Severity != assembly.Error || len(f.Locations) != 1 || !strings.HasPrefix(f.Locations[0], "/Resources/"+f.LogicalID+"/Properties/") {
					t.Errorf("got %+v", f)
				}
			}
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}

func hashOf(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:4]
}

// Of a secret that is imported the names are those of the file that was named.
func TestUnknownKeyOfAnImport(t *testing.T) {
	known := assembly.Known{ConstructPath: "S/Imported", ARN: arns + "theirs-??????", Names: []string{"a"}}
	expect(t, check(t, task(arns+"theirs-AbCdEf:x::"), known), `unknown-key S.template.json Task: the secret A of the container app takes the key "x" of the secret of "S/Imported"`)
	expect(t, check(t, task(arns+"theirs-AbCdEf:a::"), known))
	known.Names = nil
	expect(t, check(t, task(arns+"theirs-AbCdEf:x::"), known))
}

// Secret and task may be in two stacks.
func TestUnknownKeyInAnotherStack(t *testing.T) {
	home := template(named(object{}, "a"))
	home["Outputs"] = object{"Out": export(attribute("Sync", "Arn"), "S:Arn")}
	folder := assemblyOf(t, map[string]any{"S.template.json": home, "T.template.json": template(task(join(importValue("S:Arn"), ":x::")))})
	expect(t, checkStacks(t, nil, stack(folder, "S"), stack(folder, "T")), `unknown-key T.template.json Task: the secret A of the container app takes the key "x" of the secret of "S/Credentials"`)
}

// What the description shows of a key is quoted, whatever it is.
func TestUnknownKeyIsQuoted(t *testing.T) {
	got := check(t, with(named(object{}, "a"), task(join(attribute("Sync", "Arn"), ":\x1b[2J\n::"))))
	if len(got) != 1 || strings.ContainsAny(got[0].Description, "\x1b\n") {
		text, _ := json.Marshal(got)
		t.Errorf("got %s", text)
	}
}
