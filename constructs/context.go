package sopsconstructs

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/internal/nearest"
)

// The context keys of this package, and the values they take.
const (
	contextDecrypt      = "sops:decrypt"
	contextArchitecture = "sops:architecture"
	contextResync       = "sops:resync"
	contextFunctionZip  = "sops:function-zip"
	contextSources      = "sops:source-locations"

	decryptSkip = "skip"
	sourcesOff  = "off"
)

// contextValues are the values that a key takes; none means any text.
var contextValues = map[string][]string{
	contextDecrypt:      {decryptSkip},
	contextArchitecture: {string(functionbuild.ARM64), "x86_64"},
	contextResync:       nil,
	contextFunctionZip:  nil,
	contextSources:      {sourcesOff},
}

// settings are what the app's context says.
type settings struct {
	skip   bool // decrypt nothing
	arch   functionbuild.Arch
	resync string
	// functionZip is the path of a function that was built before; empty builds it.
	functionZip string
	// sources says that it is recorded where in the app's code constructs are made.
	sources bool
}

// contextOf returns the context of an app.
func contextOf(root constructs.IConstruct) map[string]any {
	context, _ := root.Node().GetAllContext(nil).(map[string]any)
	return context
}

// readSettings returns what a checked context says.
func readSettings(context map[string]any) settings {
	s := settings{skip: context[contextDecrypt] == decryptSkip, arch: functionbuild.ARM64}
	s.sources = context[contextSources] != sourcesOff && context[noCreationStacks] != true && context[noCreationStacks] != "true"
	s.resync, _ = context[contextResync].(string)
	s.functionZip, _ = context[contextFunctionZip].(string)
	if context[contextArchitecture] == "x86_64" {
		s.arch = functionbuild.AMD64
	}
	return s
}

// checkContext panics when the context holds a key that is meant for this package, or
// for the app, and is misspelt, since the CDK itself ignores what it does not know.
// Every key that starts with "sops:", in any case, is this package's. appKeys are
// the keys that the app itself reads: a key that nearly equals one of them is
// misspelt too.
func checkContext(context map[string]any, appKeys ...string) {
	ours := slices.Sorted(maps.Keys(contextValues))
	known := append(slices.Clone(ours), appKeys...)
	for _, key := range slices.Sorted(maps.Keys(context)) {
		if slices.Contains(known, key) {
			continue
		}
		for _, k := range known {
			if nearest.Typo(key, k) {
				panic(fmt.Errorf("constructs: unknown context key %q; did you mean %q?", key, k))
			}
		}
		if strings.HasPrefix(strings.ToLower(key), "sops:") {
			panic(fmt.Errorf("constructs: unknown context key %q; known are %s", key, nearest.List(ours)))
		}
	}
	for _, key := range ours {
		value, set := context[key]
		text, isText := value.(string)
		switch values := contextValues[key]; {
		case set && !isText:
			panic(fmt.Errorf("constructs: context %s is not a string; write it in quotes", key))
		case set && text == "" && key == contextFunctionZip:
			panic(fmt.Errorf("constructs: context %s is empty; it takes the path of the function's zip", key))
		case set && values != nil && !slices.Contains(values, text):
			panic(fmt.Errorf("constructs: context %s is %q; it takes %s", key, text, nearest.List(values)))
		}
	}
}

// commandContext returns the context that the cdk command passes to an app: that of
// cdk.json and of its command line. It is empty without the command.
func commandContext() map[string]any {
	var context map[string]any
	_ = json.Unmarshal([]byte(os.Getenv("CDK_CONTEXT_JSON")), &context)
	return context
}
