package iameval

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// Environment is where a stack is deployed.
type Environment struct {
	Partition string // "aws"
	Account   string
	Region    string
}

// urlSuffix is the domain of the partition's services.
func (e Environment) urlSuffix() string {
	if e.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// Stack is a template as if it were deployed: its resources have ARNs, and its
// intrinsic functions resolve.
type Stack struct {
	env       Environment
	template  map[string]any
	resources map[string]any
	values    map[string]string
	imports   []*Stack
}

// NewStack is template, JSON as decoded into any, deployed in env. Each resource
// of a known type gets an ARN made of its name in the template, else of its logical
// id. imports are the stacks whose
// exports it uses.
//
// values are what Ref, Fn::GetAtt and parameters give instead or beyond that, by
// logical id or "LogicalId.Attribute". What stands in neither is an error once it
// is asked for.
func NewStack(template map[string]any, env Environment, values map[string]string, imports ...*Stack) *Stack {
	s := &Stack{env: env, template: template, imports: imports, values: map[string]string{}}
	s.resources, _ = template["Resources"].(map[string]any)
	for id, r := range s.resources {
		r, _ := r.(map[string]any)
		kind, _ := r["Type"].(string)
		properties, _ := r["Properties"].(map[string]any)
		maps.Copy(s.values, s.identifiers(id, kind, properties))
	}
	s.addSyncs()
	maps.Copy(s.values, values)
	return s
}

// identifiers are what Ref and Fn::GetAtt give of a resource of this type, as the
// CloudFormation user guide says under "Return values" of each. Where the template
// gives it a name as text, that is its name.
func (s *Stack) identifiers(id, kind string, properties map[string]any) map[string]string {
	named := func(property string) string {
		if name, ok := properties[property].(string); ok {
			return name
		}
		return id
	}
	arn := func(service, resource string) string {
		return strings.Join([]string{"arn", s.env.Partition, service, s.env.Region, s.env.Account, resource}, ":")
	}
	global := func(service, account, resource string) string {
		return strings.Join([]string{"arn", s.env.Partition, service, "", account, resource}, ":")
	}
	switch kind {
	case "AWS::IAM::Role":
		name := named("RoleName")
		return map[string]string{id: name, id + ".Arn": global("iam", s.env.Account, "role/"+name)}
	case "AWS::IAM::User":
		name := named("UserName")
		return map[string]string{id: name, id + ".Arn": global("iam", s.env.Account, "user/"+name)}
	case "AWS::IAM::Group":
		name := named("GroupName")
		return map[string]string{id: name, id + ".Arn": global("iam", s.env.Account, "group/"+name)}
	case "AWS::SecretsManager::Secret":
		return map[string]string{id: arn("secretsmanager", "secret:"+named("Name")+"-AbCdEf")}
	case "AWS::KMS::Key":
		return map[string]string{id: id, id + ".Arn": arn("kms", "key/"+id)}
	case "AWS::Logs::LogGroup":
		name := named("LogGroupName")
		return map[string]string{id: name, id + ".Arn": arn("logs", "log-group:"+name+":*")}
	case "AWS::Lambda::EventInvokeConfig":
		return map[string]string{id: id}
	case "AWS::S3::Bucket":
		name := strings.ToLower(named("BucketName"))
		return map[string]string{id: name, id + ".Arn": global("s3", "", name)}
	}
	return nil
}

// addSyncs returns the attributes of the custom resources that fill secrets and
// parameters: the function answers with the ARN of the secret that it was told to fill,
// and with what the names of parameters begin with.
func (s *Stack) addSyncs() {
	for id, r := range s.resources {
		r, _ := r.(map[string]any)
		if r["Type"] != syncprotocol.ResourceType {
			continue
		}
		properties, _ := r["Properties"].(map[string]any)
		target, _ := properties["Target"].(map[string]any)
		if arn, err := s.Text(target["SecretArn"]); err == nil {
			s.values[id+"."+syncprotocol.AttrArn] = arn
		}
		parameters, _ := target["Parameters"].(map[string]any)
		path, _ := parameters["Prefix"].(string)
		if names, _ := parameters["Names"].([]any); path == "" && len(names) > 0 {
			path, _ = names[0].(string)
		}
		if path != "" {
			s.values[id+"."+syncprotocol.AttrPath] = strings.Trim(path, "/")
		}
	}
}

// ARN is the ARN of the resource with this logical id.
func (s *Stack) ARN(id string) (string, error) {
	for _, name := range []string{id + ".Arn", id} {
		if value, ok := s.values[name]; ok && strings.HasPrefix(value, "arn:") {
			return value, nil
		}
	}
	return "", fmt.Errorf("iameval: no ARN is known of %q", id)
}

// Account is the account that the stack is deployed in.
func (s *Stack) Account() string { return s.env.Account }

// Resolve is v with its intrinsic functions carried out.
func (s *Stack) Resolve(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			var err error
			if list[i], err = s.Resolve(v[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return s.call(name, argument)
				}
			}
		}
		fields := make(map[string]any, len(v))
		for name, value := range v {
			var err error
			if fields[name], err = s.Resolve(value); err != nil {
				return nil, err
			}
		}
		return fields, nil
	}
	return v, nil
}

// Text is v resolved, which must be one text.
func (s *Stack) Text(v any) (string, error) {
	resolved, err := s.Resolve(v)
	if err != nil {
		return "", err
	}
	text, ok := resolved.(string)
	if !ok {
		return "", fmt.Errorf("iameval: %v is no text", resolved)
	}
	return text, nil
}

// call carries out one intrinsic function.
func (s *Stack) call(name string, argument any) (any, error) {
	list, _ := argument.([]any)
	switch name {
	case "Ref":
		id, ok := argument.(string)
		if !ok {
			return nil, fmt.Errorf("iameval: Ref of no text")
		}
		return s.value(id)
	case "Fn::GetAtt":
		if id, ok := argument.(string); ok {
			return s.value(id)
		}
		if len(list) != 2 {
			return nil, fmt.Errorf("iameval: Fn::GetAtt of %v", argument)
		}
		return s.value(fmt.Sprintf("%v.%v", list[0], list[1]))
	case "Fn::Join":
		return s.join(list)
	case "Fn::Sub":
		return s.sub(argument)
	case "Fn::ImportValue":
		export, err := s.Text(argument)
		if err != nil {
			return nil, err
		}
		return s.imported(export)
	}
	return nil, fmt.Errorf("iameval: unknown intrinsic function %q", name)
}

// value is what Ref or Fn::GetAtt gives.
func (s *Stack) value(name string) (string, error) {
	switch name {
	case "AWS::Partition":
		return s.env.Partition, nil
	case "AWS::AccountId":
		return s.env.Account, nil
	case "AWS::Region":
		return s.env.Region, nil
	case "AWS::StackId":
		return fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/S/5d1f5e60-0000-4000-8000-000000000000", s.env.Partition, s.env.Region, s.env.Account), nil
	case "AWS::URLSuffix":
		return s.env.urlSuffix(), nil
	}
	if value, ok := s.values[name]; ok {
		return value, nil
	}
	return "", fmt.Errorf("iameval: nothing says what %q is", name)
}

func (s *Stack) join(list []any) (string, error) {
	if len(list) != 2 {
		return "", fmt.Errorf("iameval: Fn::Join of %v", list)
	}
	between, ok := list[0].(string)
	items, isList := list[1].([]any)
	if !ok || !isList {
		return "", fmt.Errorf("iameval: Fn::Join of %v", list)
	}
	var parts []string
	for _, item := range items {
		text, err := s.Text(item)
		if err != nil {
			return "", err
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, between), nil
}

// sub carries out Fn::Sub: "${Name}" is a value, "${!Name}" stays as "${Name}".
func (s *Stack) sub(argument any) (string, error) {
	own := map[string]any{}
	if list, ok := argument.([]any); ok && len(list) == 2 {
		argument = list[0]
		own, _ = list[1].(map[string]any)
	}
	text, ok := argument.(string)
	if !ok {
		return "", fmt.Errorf("iameval: Fn::Sub of %v", argument)
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("iameval: Fn::Sub of %q", text)
		}
		text = after
		value, err := "", error(nil)
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			value = "${" + literal + "}"
		} else if v, ok := own[name]; ok {
			value, err = s.Text(v)
		} else {
			value, err = s.value(name)
		}
		if err != nil {
			return "", err
		}
		out.WriteString(value)
	}
}

// imported is the value that one of the imported stacks exports by this name.
func (s *Stack) imported(name string) (string, error) {
	for _, other := range s.imports {
		outputs, _ := other.template["Outputs"].(map[string]any)
		for _, id := range slices.Sorted(maps.Keys(outputs)) {
			output, _ := outputs[id].(map[string]any)
			export, _ := output["Export"].(map[string]any)
			if export == nil {
				continue
			}
			if exported, err := other.Text(export["Name"]); err != nil || exported != name {
				continue
			}
			return other.Text(output["Value"])
		}
	}
	return "", fmt.Errorf("iameval: no stack exports %q", name)
}
