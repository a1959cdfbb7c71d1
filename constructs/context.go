package constructs

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/internal/nearest"
)

// The context keys of this package, and the values they take.
const (
	contextDecrypt      = "sops:decrypt"
	contextArchitecture = "sops:architecture"
	contextResync       = "sops:resync"

	decryptSkip = "skip"
)

// contextValues are the values that a key takes; none means any text.
var contextValues = map[string][]string{
	contextDecrypt:      {decryptSkip},
	contextArchitecture: {"arm64", "x86_64"},
	contextResync:       nil,
}

// CheckContext panics when the app's context holds a key that is meant for this
// package, or for the app, and is misspelt, since the CDK itself ignores what
// it does not know. Every key that starts with "sops:", in any case, is this
// package's. appKeys are the keys that the app itself reads: a key that nearly
// equals one of them is misspelt too.
//
// [NewSopsSecret] and [Synth] call it without appKeys.
func CheckContext(scope constructs.Construct, appKeys ...string) {
	context, _ := scope.Node().Root().Node().GetAllContext(nil).(map[string]any)
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
		case set && values != nil && !slices.Contains(values, text):
			panic(fmt.Errorf("constructs: context %s is %q; it takes %s", key, text, nearest.List(values)))
		}
	}
}

// skipsDecryption tells whether the app is synthesized with sops:decrypt=skip.
func skipsDecryption(scope constructs.Construct) bool {
	return scope.Node().TryGetContext(new(contextDecrypt)) == decryptSkip
}

// resync is the text of the context sops:resync, or nothing.
func resync(scope constructs.Construct) string {
	text, _ := scope.Node().TryGetContext(new(contextResync)).(string)
	return text
}

// architecture is the function's, as the context says.
func architecture(scope constructs.Construct) (functionbuild.Arch, awslambda.Architecture) {
	if scope.Node().TryGetContext(new(contextArchitecture)) == "x86_64" {
		return functionbuild.AMD64, awslambda.Architecture_X86_64()
	}
	return functionbuild.ARM64, awslambda.Architecture_ARM_64()
}

// Prebuild starts to build the sync function in the background, for the
// architecture in the context that the cdk command passes. Call it first in
// main, before the CDK's NewApp, so that the function is built while jsii starts.
// It is no more than a head start: without it, or with another architecture,
// the function is built when a construct needs it, and a failure shows there.
func Prebuild() {
	var context map[string]any
	_ = json.Unmarshal([]byte(os.Getenv("CDK_CONTEXT_JSON")), &context)
	arch := functionbuild.ARM64
	if context[contextArchitecture] == "x86_64" {
		arch = functionbuild.AMD64
	}
	functionbuild.Start(arch)
}
