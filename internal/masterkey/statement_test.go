package masterkey_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// What a file's author chose stays text in the statement: no quote ends it, and no
// policy variable begins.
func TestMissingStatementIsJSON(t *testing.T) {
	const name = `a"b ${aws:username}`
	err := masterkey.Denied(sopsfile.MasterKey{ID: euKey, Context: map[string]string{name: "value-of"}}, "kms:Decrypt", "")
	_, line, found := strings.Cut(err.Error(), "the statement that is missing: ")
	if !found || strings.Contains(line, "\n") || strings.Contains(line, "value-of") {
		t.Fatalf("got %v", err)
	}
	var got struct {
		Effect, Action, Resource string
		Condition                map[string]map[string][]string
	}
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	names := got.Condition["ForAllValues:StringEquals"]["kms:EncryptionContextKeys"]
	if want := `a"b ${$}{aws:username}`; len(names) != 1 || names[0] != want || len(got.Condition) != 1 {
		t.Errorf("got %v, want the context key %q", got.Condition, want)
	}
	if got.Effect != "Allow" || got.Action != "kms:Decrypt" || got.Resource != euKey {
		t.Errorf("got %+v", got)
	}
}

// No statement helps against an explicit deny.
func TestExplicitDenyLacksNoStatement(t *testing.T) {
	err := masterkey.Denied(sopsfile.MasterKey{ID: euKey}, "kms:Decrypt", "User: "+caller+" is not authorized to perform: kms:Decrypt with an explicit deny in a service control policy")
	if got := err.Error(); strings.Contains(got, "missing") || !strings.Contains(got, "(explicit deny in a service control policy)") {
		t.Errorf("got %s", got)
	}
}
