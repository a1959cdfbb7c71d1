package sopsconstructs_test

import (
	"os"
	"strings"
	"testing"
)

// Where the environment puts other keys in the place of a creation rule's, synth says so, once
// for each rule.
func TestKeysOfTheEnvironment(t *testing.T) {
	openable(t)
	write(t, "sops/x.sops.json", standard(clear))
	if err := os.WriteFile("sops/.sops.yaml", []byte("creation_rules:\n  - kms: "+keyEU+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"":    "",
		keyEU: "",
		keyUS: "SOPS_KMS_ARN is set to other keys than those of creation rule 1 of sops/.sops.yaml: a new file is encrypted to them alone, since sops then takes no keys " +
			"from the rule. Unset it, and look at the keys of files that were made meanwhile. [ack: sopscdk:sops-environment]",
	} {
		t.Setenv("SOPS_KMS_ARN", value)
		stack := newStack(nil)
		props := fromX
		props.SopsFilePath = "sops/x.sops.json"
		for _, id := range []string{"A", "B"} {
			newSecret(stack, id, props)
		}
		if got := strings.Join(warnings(stack), "\n"); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", value, got, want)
		}
	}
}
