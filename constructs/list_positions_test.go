package sopsconstructs_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

// SOPS authenticates no empty item of a list: what refers past one is warned of, and nothing
// else is.
func TestPositionsBehindEmptyItems(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"l": [{"i": "demo-value-1"}, {}, {"i": "demo-value-2"}], "m": [{"i": "demo-value-3"}, {"i": "demo-value-4"}], "a": "demo-value-5"}`))
	file := &sopsconstructs.SopsFile{Path: "x.sops.json"}
	warning := func(name, of string) string {
		return name + ` of ` + of + ` stands behind "l[1]", an empty item of an encrypted list. SOPS does not authenticate empty items: whoever can edit the file can put in or take out one, ` +
			`and ` + name + ` is then another item. Give the items names instead of positions; else acknowledge this warning. [ack: sopscdk:empty-item]`
	}
	for name, c := range map[string]struct {
		make func(awscdk.Stack)
		want []string
	}{
		"no position":    {func(stack awscdk.Stack) { newSecret(stack, "A", fromX).Key("a") }, nil},
		"before it":      {func(stack awscdk.Stack) { newSecret(stack, "A", fromX).Key("l[0].i") }, nil},
		"a list without": {func(stack awscdk.Stack) { newSecret(stack, "A", fromX).Key("m[1].i") }, nil},
		"behind it":      {func(stack awscdk.Stack) { newSecret(stack, "A", fromX).Key("l[2].i") }, []string{warning(`"l[2].i"`, "x.sops.json")}},
		"imported": {func(stack awscdk.Stack) {
			sopsconstructs.ImportSopsSecret(stack, "A", &sopsconstructs.ImportSopsSecretProps{SecretName: "n", SopsFile: file}).Key("l[2].i")
		}, []string{warning(`"l[2].i"`, "x.sops.json")}},
		"one value": {func(stack awscdk.Stack) {
			newSecret(stack, "A", sopsconstructs.SopsSecretProps{SopsFile: file, Output: sopsconstructs.OutputValue("l[2].i")})
		}, []string{warning(`"l[2].i"`, "x.sops.json")}},
		"a part": {func(stack awscdk.Stack) {
			newSecret(stack, "A", sopsconstructs.SopsSecretProps{SopsFile: file.Select("l[2]")})
		}, []string{warning(`"l[2]"`, "x.sops.json:l[2]")}},
		"parts of several": {func(stack awscdk.Stack) {
			newSecret(stack, "A", sopsconstructs.SopsSecretProps{SopsFile: file.Select("m[1]").Overlay(file.Select("l[2]"))})
		}, []string{warning(`"l[2]"`, "x.sops.json:m[1] + x.sops.json:l[2]")}},
		"one value of several": {func(stack awscdk.Stack) {
			newSecret(stack, "A", sopsconstructs.SopsSecretProps{SopsFile: file.Overlay(file.Select("m[1]"))}).Key("l[2].i")
		}, []string{warning(`"l[2].i"`, "x.sops.json + x.sops.json:m[1]")}},
		"a parameter": {func(stack awscdk.Stack) {
			sopsconstructs.NewSopsParameters(stack, "A", &sopsconstructs.SopsParametersProps{SopsFile: file, Prefix: "/a", OnEmpty: sopsconstructs.OnEmptySkip}).Parameter("l[2].i")
		}, []string{warning(`"l[2].i"`, "x.sops.json")}},
	} {
		stack := newStack(nil)
		c.make(stack)
		if got := warnings(stack); !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%q\nwant\n%q", name, got, c.want)
		}
	}
}
