package sopsconstructs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// services is a file for several secrets.
const services = `{"services": {"api": {"key": "demo-value-1", "db": {"user": "demo-value-2"}}, "web": {"key": "demo-value-3"}}, "hosts": [{"name": "demo-value-4"}]}`

func TestSelect(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(services))
	stack := newStack(nil)
	file := &sopsconstructs.SopsFile{Path: "x.sops.json"}
	of := func(id string, part *sopsconstructs.SopsFile, output sopsconstructs.Output) *sopsconstructs.SopsSecret {
		return newSecret(stack, id, sopsconstructs.SopsSecretProps{SopsFile: part, Output: output})
	}
	api := of("Api", file.Select("services.api"), "")
	db := of("Db", file.Select("services").Select("api").Select("db"), sopsconstructs.OutputNestedJSON)
	host := of("Host", file.Select("hosts[0]"), sopsconstructs.OutputValue("name"))
	all := of("All", file, "")
	api.Key("db.user")
	db.Key("user")
	host.SecretValue()
	all.Key("services.api.key")
	got := panicOf(t, func() { api.Key("services.api.key") })
	if want := `constructs: SopsSecret "S/Api": no key "services.api.key" in x.sops.json:services.api`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	parts := map[string]any{}
	for _, r := range resources(t, stack, syncprotocol.ResourceType) {
		parts[r.ID[:2]] = r.at("File", "Part")
		if r.at("File", "Name") != "x.sops.json" || r.at("File", "Content") == nil {
			t.Errorf("the function is told %s", text(r.at("File")))
		}
	}
	if got, want := text(parts), `{"Al":null,"Ap":"services.api","Db":"services.api.db","Ho":"hosts[0]"}`; got != want {
		t.Errorf("got the parts %s, want %s", got, want)
	}
	for _, r := range resources(t, stack, "AWS::SecretsManager::Secret") {
		if tags := text(r.Properties["Tags"]); strings.HasPrefix(r.ID, "Db") && !strings.Contains(tags, `"x.sops.json:services.api.db"`) {
			t.Errorf("the tags are %s", tags)
		}
	}
	// What its keys need is allowed once, however many parts of it land.
	d := deploy(t, stack, "eu-west-1", nil)
	if !d.may(t, iameval.Request{Action: "kms:Decrypt", Resource: keyEU}) {
		t.Error("the function may not decrypt the file")
	}
	if n := strings.Count(text(resources(t, stack, "AWS::IAM::Policy")), `"kms:Decrypt"`); n != 1 {
		t.Errorf("got %d statements for one key", n)
	}
	if _, ok := d.syncs[0]["File"].(map[string]any); !ok || len(d.run(t, surroundings{keys: []string{keyEU}}, "DisabledException")) == 0 {
		t.Error("the function was not run")
	}
}

// What is selected counts when the file is read, in imports too, and for a stack that
// the command does not need.
func TestSelectMisuse(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(services))
	file := &sopsconstructs.SopsFile{Path: "x.sops.json"}
	const round = "\nto go on with another stack than \"S\", name that one alone: cdk deploy -e STACK"
	for _, c := range []struct {
		name   string
		file   *sopsconstructs.SopsFile
		output sopsconstructs.Output
		want   string
	}{
		{"a misspelt part", file.Select("services.apy"), "", `x.sops.json: no map has the name "services.apy"; did you mean "services.api" or "services.web" or "services"?` + round},
		{"a value", file.Select("services.web.key"), "", `x.sops.json: value at "services.web.key": not a map` + round},
		{"a list", file.Select("hosts"), "", `x.sops.json: value at "hosts": not a map` + round},
		{"nothing", file.Select(""), "", `Select names no part; pass the name of a map in the file, such as "services.api"`},
		{"nothing inside", file.Select("services").Select(""), "", `Select names no part; pass the name of a map in the file, such as "services.api"`},
		{"text that is none", file.Select("a\nb"), "", `the part "a\nb" holds the character U+000A, which does not show; rename it in the file`},
		{"raw", file.Select("services"), sopsconstructs.OutputRaw, `x.sops.json:services: a part of a file, or several files together, have neither a raw text nor binary content; use OutputFlatJSON, OutputNestedJSON or OutputValue` + round},
		{"binary", file.Select("services"), sopsconstructs.OutputBinary, `x.sops.json:services: a part of a file, or several files together, have neither a raw text nor binary content; use OutputFlatJSON, OutputNestedJSON or OutputValue` + round},
		{"a value outside", file.Select("services.web"), sopsconstructs.OutputValue("services.web.key"), `x.sops.json:services.web: no value has the name "services.web.key"` + round},
		{"a binary file", (&sopsconstructs.SopsFile{Path: "x.sops.json", Format: "binary"}).Select("a"), "", `x.sops.json: a file in the binary format holds exactly one string "data" beside its metadata; pass a SopsFile with Format "json", or give the file a name that ends in .json, by which sops knows the format too` + round},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, want := failure(t, newStack(nil), sopsconstructs.SopsSecretProps{SopsFile: c.file, Output: c.output}), `constructs: SopsSecret "S/Credentials": `+c.want; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	imported := sopsconstructs.ImportSopsSecret(newStack(nil), "Imported", &sopsconstructs.ImportSopsSecretProps{SecretName: "n", SopsFile: file.Select("services.api")})
	imported.Key("db.user")
	got := panicOf(t, func() { imported.Key("services.api.db.user") })
	if want := `constructs: ImportedSopsSecret "S/Imported": no key "services.api.db.user" in x.sops.json:services.api`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// A part's file can be tampered with outside of it: the MAC is the whole file's.
	tampered := standard(services)
	tampered.WrongMAC = true
	write(t, "x.sops.json", tampered)
	stack := newStack(nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFile: file.Select("services.api")})
	if got := synthFailure(t, stack); !strings.Contains(got, "x.sops.json: the file's message authentication code (MAC) does not fit") {
		t.Errorf("got %s", got)
	}
}

// However many secrets a large file is taken apart into, it is one asset with one right.
func TestPartsOfALargeFile(t *testing.T) {
	openable(t)
	var entries []string
	for i := range 40 {
		entries = append(entries, fmt.Sprintf(`"part%d": {"key": %q}`, i, strings.Repeat("x", 8_000)))
	}
	write(t, "x.sops.json", standard("{"+strings.Join(entries, ", ")+"}"))
	stack := newStack(map[string]any{"sops:decrypt": "skip"})
	file := &sopsconstructs.SopsFile{Path: "x.sops.json"}
	for i := range 40 {
		newSecret(stack, fmt.Sprintf("Secret%d", i), sopsconstructs.SopsSecretProps{SopsFile: file.Select(fmt.Sprintf("part%d", i))})
	}
	var objects []string
	for _, r := range resources(t, stack, syncprotocol.ResourceType) {
		objects = append(objects, text(r.at("File", "Key")))
	}
	if n := len(slices.Compact(objects)); len(objects) != 40 || n != 1 {
		t.Errorf("got %d objects for %d secrets", n, len(objects))
	}
	policies := text(resources(t, stack, "AWS::IAM::Policy")) + text(resources(t, stack, "AWS::IAM::ManagedPolicy"))
	if n := strings.Count(policies, "s3:GetObject"); n != 1 {
		t.Errorf("got %d rights to read it", n)
	}
}
