package awstest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxVersions is how many versions of a parameter SSM keeps.
const maxVersions = 100

var (
	parameterPath = regexp.MustCompile(`^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
	tagText       = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

func invalid(message string) error { return &Error{Code: "ValidationException", Message: message} }

// strict reads the body, and refuses fields that the action does not have.
func strict(r *Request, into any) error {
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.DisallowUnknownFields()
	if d.Decode(into) != nil {
		return &Error{Code: "SerializationException", Message: "awstest: the body is not the JSON that " + r.Action + " takes"}
	}
	return nil
}

func (p *Parameters) getOne(r *Request) (any, error) {
	var in struct {
		Name           string
		WithDecryption bool
	}
	if err := strict(r, &in); err != nil {
		return nil, err
	}
	if err := p.failure(r.Action, in.Name); err != nil {
		return nil, err
	}
	name, version, _ := strings.Cut(in.Name, ":")
	found := p.stored[name]
	if found == nil {
		return nil, &Error{Code: "ParameterNotFound"}
	}
	if err := p.decryptable(found); err != nil && in.WithDecryption {
		return nil, err
	}
	at := found.now()
	if version != "" {
		i := slices.IndexFunc(found.versions, func(v parameterVersion) bool { return strconv.FormatInt(v.number, 10) == version })
		if i < 0 {
			return nil, &Error{Code: "ParameterVersionNotFound"}
		}
		at = found.versions[i]
	}
	return map[string]any{"Parameter": shown(name, found, at, in.WithDecryption)}, nil
}

func shown(name string, p *parameter, at parameterVersion, decrypted bool) map[string]any {
	value := at.value
	if p.kind == "SecureString" && !decrypted {
		value = "awstest: still encrypted"
	}
	return map[string]any{"Name": name, "Type": p.kind, "Value": value, "Version": at.number}
}

func (p *Parameters) getMany(r *Request) (any, error) {
	var in struct {
		Names          []string
		WithDecryption bool
	}
	if err := strict(r, &in); err != nil {
		return nil, err
	}
	if len(in.Names) == 0 || len(in.Names) > 10 {
		return nil, invalid("Member must have length less than or equal to 10")
	}
	list, missing := []any{}, []string{}
	for _, name := range in.Names {
		if err := p.failure(r.Action, name); err != nil {
			return nil, err
		}
		if found := p.stored[name]; found != nil {
			if err := p.decryptable(found); err != nil && in.WithDecryption {
				return nil, err
			}
			list = append(list, shown(name, found, found.now(), in.WithDecryption))
		} else {
			missing = append(missing, name)
		}
	}
	return map[string]any{"Parameters": list, "InvalidParameters": missing}, nil
}

func (p *Parameters) getByPath(r *Request) (any, error) {
	var in struct {
		Path                      string
		Recursive, WithDecryption bool
		MaxResults                int
		NextToken                 string
	}
	if err := strict(r, &in); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(in.Path, "/") || in.MaxResults > 10 {
		return nil, invalid("The parameter path is not one, or MaxResults is over 10")
	}
	var below []string
	for _, name := range slices.Sorted(maps.Keys(p.stored)) {
		rest, ok := strings.CutPrefix(name, strings.TrimSuffix(in.Path, "/")+"/")
		if ok && (in.Recursive || !strings.Contains(rest, "/")) && name > in.NextToken {
			below = append(below, name)
		}
	}
	next := ""
	if most := cmp.Or(in.MaxResults, 10); len(below) > most {
		below, next = below[:most], below[most-1]
	}
	list := []any{}
	for _, name := range below {
		if err := p.failure(r.Action, name); err != nil {
			return nil, err
		}
		if err := p.decryptable(p.stored[name]); err != nil && in.WithDecryption {
			return nil, err
		}
		list = append(list, shown(name, p.stored[name], p.stored[name].now(), in.WithDecryption))
	}
	return map[string]any{"Parameters": list, "NextToken": next}, nil
}

// checkParameterName refuses what PutParameter refuses of a name.
func checkParameterName(r *Request, name string) error {
	first := strings.ToLower(strings.TrimPrefix(name, "/"))
	arn := "arn:aws:ssm:" + r.Region + ":" + r.Account + ":parameter/" + strings.TrimPrefix(name, "/")
	switch {
	case !parameterPath.MatchString(name), strings.Contains(name[1:], "/") && name[0] != '/':
		return invalid("Parameter name must be a fully qualified name")
	case strings.HasPrefix(first, "aws"), strings.HasPrefix(first, "ssm"):
		return &Error{Code: "AccessDeniedException", Message: "No access to reserved parameter name"}
	case strings.Count("/"+strings.TrimPrefix(name, "/"), "/") > 15:
		return &Error{Code: "HierarchyLevelLimitExceededException"}
	case len(arn) > 1011:
		return invalid("Parameter name is too long")
	}
	return nil
}

type tagPair struct{ Key, Value string }

func (p *Parameters) put(r *Request) (any, error) {
	var in struct {
		Name, Value, Type, Tier, Description string
		KeyID                                string `json:"KeyId"`
		Overwrite                            bool
		Tags                                 []tagPair
	}
	if err := strict(r, &in); err != nil {
		return nil, err
	}
	if err := p.failure(r.Action, in.Name); err != nil {
		return nil, err
	}
	if err := p.throttle(); err != nil {
		return nil, err
	}
	if err := checkParameterName(r, in.Name); err != nil {
		return nil, err
	}
	found := p.stored[in.Name]
	size := map[string]int{"Standard": 4096, "Advanced": 8192}[cmp.Or(in.Tier, "Standard")]
	switch {
	case in.Overwrite && len(in.Tags) > 0:
		return nil, invalid("Invalid request: tags and overwrite can't be used together.")
	case in.Value == "", len(in.Value) > size:
		return nil, invalid("the value has a size that its tier does not take")
	case strings.Contains(in.Value, "{{"):
		return nil, invalid("Parameter value can't nest another parameter: " + in.Value) // as AWS quotes it
	case found == nil && in.Type == "":
		return nil, invalid("A parameter type is required when you create a parameter.")
	case len(in.Description) > 1024:
		return nil, invalid("Description is too long")
	case found != nil && !in.Overwrite, found == nil && time.Since(p.deleted[in.Name]) < p.again:
		return nil, &Error{Code: "ParameterAlreadyExists", Message: "The parameter already exists."}
	case found != nil && in.Type != "" && found.kind != in.Type:
		return nil, &Error{Code: "HierarchyTypeMismatchException", Message: "Parameter store does not support changing a parameter type."}
	case found != nil && found.tier == "Advanced" && in.Tier == "Standard":
		return nil, invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.")
	case found != nil && len(found.versions) == maxVersions && found.versions[0].label:
		return nil, &Error{Code: "ParameterMaxVersionLimitExceeded", Message: "the oldest version has a label"}
	}
	if found == nil {
		found = &parameter{kind: in.Type, tags: map[string]string{}}
		if err := found.addTags(in.Tags); err != nil {
			return nil, err
		}
		p.stored[in.Name] = found
	}
	var number int64 = 1
	if len(found.versions) > 0 {
		number = found.now().number + 1
	}
	found.tier, found.key = cmp.Or(in.Tier, found.tier, "Standard"), cmp.Or(in.KeyID, "alias/aws/ssm")
	found.description = cmp.Or(in.Description, found.description)
	found.versions = append(found.versions, parameterVersion{number, in.Value, false})
	if len(found.versions) > maxVersions {
		found.versions = found.versions[1:]
	}
	return map[string]any{"Version": number, "Tier": found.tier}, nil
}

func (p *Parameters) delete(r *Request) (any, error) {
	var in struct{ Names []string }
	if err := strict(r, &in); err != nil {
		return nil, err
	}
	if len(in.Names) == 0 || len(in.Names) > 10 {
		return nil, invalid("Member must have length less than or equal to 10")
	}
	for _, name := range in.Names {
		if err := p.failure(r.Action, name); err != nil {
			return nil, err
		}
	}
	if err := p.throttle(); err != nil {
		return nil, err
	}
	gone := []string{}
	for _, name := range in.Names {
		if p.stored[name] != nil {
			delete(p.stored, name)
			p.deleted[name] = time.Now()
			gone = append(gone, name)
		}
	}
	return map[string]any{"DeletedParameters": gone}, nil
}

func (p *parameter) addTags(tags []tagPair) error {
	for _, tag := range tags {
		if tag.Key == "" || len(tag.Key) > 128 || len(tag.Value) > 256 || !tagText.MatchString(tag.Key+tag.Value) || strings.HasPrefix(tag.Key, "aws:") {
			return invalid("invalid tag")
		}
		p.tags[tag.Key] = tag.Value
	}
	if len(p.tags) > 50 {
		return &Error{Code: "TooManyTagsError"}
	}
	return nil
}

func (p *Parameters) tag(r *Request) (any, error) {
	var in struct {
		ResourceType string
		ResourceID   string `json:"ResourceId"`
		Tags         []tagPair
		TagKeys      []string
	}
	if err := strict(r, &in); err != nil {
		return nil, err
	}
	if err := p.failure(r.Action, in.ResourceID); err != nil {
		return nil, err
	}
	found := p.stored[in.ResourceID]
	if in.ResourceType != "Parameter" || found == nil {
		return nil, &Error{Code: "InvalidResourceId"}
	}
	switch r.Action {
	case "AddTagsToResource":
		return map[string]any{}, found.addTags(in.Tags)
	case "RemoveTagsFromResource":
		for _, key := range in.TagKeys {
			delete(found.tags, key)
		}
		return map[string]any{}, nil
	}
	list := []tagPair{}
	for key, value := range found.tags {
		list = append(list, tagPair{key, value})
	}
	return map[string]any{"TagList": list}, nil
}
