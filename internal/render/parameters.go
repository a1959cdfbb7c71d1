package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// Parameter is one parameter of the SSM Parameter Store.
type Parameter struct {
	Name  string
	Value plaintext.Text
}

// Naming says which parameters a file makes.
type Naming struct {
	// Prefix is where the names begin: "/app", or "/app/".
	Prefix string
	// Separator stands between the parts of a path; "" is a slash.
	Separator string
	// SkipEmpty leaves out null and empty values, which are errors otherwise.
	SkipEmpty bool
}

// Check returns an error where the naming fits no file.
func (n Naming) Check() error {
	prefix := strings.TrimSuffix(n.Prefix, "/")
	if !strings.HasPrefix(prefix, "/") {
		return fmt.Errorf("the prefix %q of parameters is not of the form /NAME or /NAME/NAME", n.Prefix)
	}
	if err := CheckParameterName(prefix); err != nil {
		return fmt.Errorf("the prefix of parameters: %w", err)
	}
	if s := n.Separator; s != "" && s != "/" && !isParameterPart(s) {
		return fmt.Errorf("the separator %q of parameters: %w", s, errParameterName)
	}
	return nil
}

// What the Parameter Store takes as a name: docs.aws.amazon.com, PutParameter.
const (
	parameterLevels = 15
	// parameterLength is what of 1,011 characters, which count the ARN before the name,
	// is left for the name behind the longest such ARN.
	parameterLength = 1011 - len("arn:aws-us-gov:ssm:us-gov-west-1:111122223333:parameter")
)

const (
	// StandardParameter and AdvancedParameter are how many bytes a value of each tier
	// has.
	StandardParameter = 4096
	AdvancedParameter = 8192

	// TierStandard and TierAdvanced are the tiers, as SSM spells them.
	TierStandard = "Standard"
	TierAdvanced = "Advanced"
)

var (
	errParameterName     = errors.New("a name that a parameter cannot have: only letters, digits, and the marks . - _ are possible")
	errNoParameter       = errors.New("none of its values makes a parameter")
	errParameterDepth    = errors.New("more than 15 levels, which a parameter's name cannot have")
	errParameterLong     = fmt.Errorf("over %d characters, which a parameter's name cannot have", parameterLength)
	errParameterEmpty    = errors.New("no text, and a parameter holds at least one character")
	errParameterSize     = fmt.Errorf("over %d bytes, and a parameter holds no more; a secret (SopsSecret) holds %d", AdvancedParameter, MaxSecret)
	errParameterUTF8     = errors.New("text that is not UTF-8, which a parameter cannot hold; a secret can (SopsSecret with OutputBinary)")
	errParameterTemplate = errors.New("the text {{, which SSM refuses in a value; a secret can hold it (SopsSecret)")
)

// ParameterName is the name of a parameter, and that of its value in flat JSON.
type ParameterName struct {
	Name string // /app/db/hosts/0
	Key  string // db.hosts[0]
}

// ParameterNames are the names of [Parameters]. t is a structure or decrypted.
func ParameterNames(t *sopsfile.Tree, n Naming) ([]ParameterName, error) {
	leaves, err := parameterLeaves(t, n)
	if err != nil {
		return nil, err
	}
	names := make([]ParameterName, len(leaves))
	for i, l := range leaves {
		names[i] = ParameterName{l.name, flatName(l.path)}
	}
	return names, nil
}

// Parameters returns every value as a parameter of its own: the prefix and the path, with
// separators between the names and a list's positions: /app/db/hosts/0. Two values with
// one name, a name that a parameter cannot have, null, an empty map, list or string, and a
// value that SSM does not take, are errors, and so is that no value is left. t is decrypted.
func Parameters(t *sopsfile.Tree, n Naming) ([]Parameter, error) {
	if !t.HasValues() {
		return nil, errNoValues
	}
	leaves, err := parameterLeaves(t, n)
	if err != nil {
		return nil, err
	}
	list := make([]Parameter, len(leaves))
	for i, l := range leaves {
		text, err := scalarText(l.node)
		if err == nil {
			err = checkParameter(text)
		}
		if err != nil {
			return nil, valueError(l.path, err)
		}
		list[i] = Parameter{l.name, plaintext.New(text)}
	}
	return list, nil
}

// ForParameter returns what lands in the one parameter of that name for o, as
// [ForSecret] does for a secret.
func ForParameter(t *sopsfile.Tree, o Output, name string) (Parameter, error) {
	text, err := rendered(t, o)
	switch {
	case err != nil && !errors.Is(err, ErrSize):
		return Parameter{}, err
	case err != nil:
		err = errParameterSize
	default:
		err = checkParameter(text.Reveal())
	}
	if err != nil {
		return Parameter{}, fmt.Errorf("the parameter %q would hold %w", name, err)
	}
	return Parameter{name, text}, nil
}

// CheckTier returns an error where a tier ("" for one that follows from the size) does
// not hold the value.
func (p Parameter) CheckTier(tier string) error {
	if n := p.Value.Len(); tier == TierStandard && n > StandardParameter {
		return fmt.Errorf("the parameter %q has %d bytes, and the tier Standard takes %d: leave Tier out, or use Advanced", p.Name, n, StandardParameter)
	}
	return nil
}

// checkParameter returns an error for text that no parameter can hold.
func checkParameter(text []byte) error {
	switch {
	case len(text) == 0:
		return errParameterEmpty
	case len(text) > AdvancedParameter:
		return errParameterSize
	case !utf8.Valid(text):
		return errParameterUTF8
	case bytes.Contains(text, []byte("{{")):
		return errParameterTemplate
	}
	return nil
}

// CheckParameterName returns an error for a name that a parameter cannot have.
func CheckParameterName(name string) error {
	parts := strings.Split(strings.TrimPrefix(name, "/"), "/")
	for _, part := range parts {
		if !isParameterPart(part) {
			return fmt.Errorf("%q: %w", name, errParameterName)
		}
	}
	first := strings.ToLower(parts[0])
	switch {
	case len(parts) > 1 && name[0] != '/':
		return fmt.Errorf("%q: the name of a parameter in a hierarchy begins with a slash", name)
	case strings.HasPrefix(first, "aws") || strings.HasPrefix(first, "ssm"):
		return fmt.Errorf("%q: AWS keeps names that begin with aws or ssm to itself", name)
	case len(parts) > parameterLevels:
		return fmt.Errorf("%q: %w", name, errParameterDepth)
	case len(name) > parameterLength:
		return fmt.Errorf("%q: %w", name, errParameterLong)
	}
	return nil
}

// parameterLeaves are the values that make a parameter, with its name.
func parameterLeaves(t *sopsfile.Tree, n Naming) ([]leaf, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	prefix, separator := strings.TrimSuffix(n.Prefix, "/"), cmp.Or(n.Separator, "/")
	doc, err := document(t)
	if err != nil {
		return nil, err
	}
	all, err := flatLeaves(doc)
	if err != nil {
		return nil, err
	}
	var leaves []leaf
	paths := map[string][]step{}
	for _, l := range all {
		if noText(l.node) {
			if n.SkipEmpty {
				continue
			}
			return nil, fmt.Errorf("%w; OnEmptySkip makes no parameter of such a value", valueError(l.path, errParameterEmpty))
		}
		parts := make([]string, len(l.path))
		for i, s := range l.path {
			parts[i] = s.key
			if s.index >= 0 {
				parts[i] = strconv.Itoa(s.index)
			}
			if !isParameterPart(parts[i]) {
				return nil, fmt.Errorf("%w; rename it in the file", valueError(l.path, errParameterName))
			}
		}
		l.name = prefix + "/" + strings.Join(parts, separator)
		if err := CheckParameterName(l.name); err != nil {
			return nil, valueError(l.path, err)
		}
		if other, twice := paths[l.name]; twice {
			return nil, fmt.Errorf("two values would land in the parameter %q: %s and %s; rename one, or choose another Separator", l.name, exactPath(other), exactPath(l.path))
		}
		paths[l.name] = l.path
		leaves = append(leaves, l)
	}
	if len(leaves) == 0 {
		return nil, errNoParameter
	}
	return leaves, nil
}

// noText reports whether a value has no text; the empty string is never encrypted, so a
// structure shows it too.
func noText(n sopsfile.Node) bool {
	switch n.Kind() {
	case sopsfile.Null, sopsfile.Map, sopsfile.List:
		return true
	}
	return n.IsEmptyString()
}

func isParameterPart(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}
