package main_test

import (
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// fromYAML are the properties of a construct for yamlFile.
func fromYAML(t *testing.T) (props, file map[string]any) {
	t.Helper()
	props = properties(t, yamlFile)
	file = part(props, "File")
	file["Format"], file["Name"] = "yaml", "sops/values.sops.yaml"
	return props, file
}

// A part of a file lands without what is around it; another part of the same file is
// another value, and a part that renders to the same is none.
func TestPartOfAFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.values = append(w.values, "db.example.com", "9007199254740993", "throw-away: ")
	props, file := fromYAML(t)
	file["Part"] = "database"
	part(props, "Output")["Mode"] = "nested"
	w.succeeds(w.request("Create", props))
	w.holds(`{"host":"db.example.com","port":5432,"account":123456789012,"big":9007199254740993,"ratio":1000000.5,"tls":true,"password":"throw-away: <&> ünï"}`, 1)

	update := func(name string) map[string]any {
		next, file := fromYAML(t)
		file["Part"] = name
		part(next, "Output")["Mode"] = "nested"
		e := w.request("Update", next)
		e["OldResourceProperties"], props = props, next
		return e
	}
	w.succeeds(update("hosts[1]"))
	w.holds(`{"name":"two.example.com","since":"2020-01-02T03:04:05Z"}`, 2)
	w.succeeds(update("hosts[1]"))
	w.holds(`{"name":"two.example.com","since":"2020-01-02T03:04:05Z"}`, 2)
	w.succeeds(update("none"))
	w.holds(`{}`, 3)
	w.fails(update("hosts"), defaultTimeout, `sops/values.sops.yaml: value at "hosts": not a map`)
	w.fails(update("databse"), defaultTimeout, `sops/values.sops.yaml: no map`, `did you mean "database"?`)
	w.holds(`{}`, 3)
	props, _ = fromYAML(t)
	e := update("database")
	part(propertiesOf(e), "Output")["Mode"] = "raw"
	w.fails(e, defaultTimeout, `"sops/values.sops.yaml:database": `, "a part of a file")
}

// What a newer template says of a file, and this function does not know, fails: the whole
// file must not land where a part was meant.
func TestUnknownSelection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, in := range []string{"File", "Output"} {
		props, _ := fromYAML(t)
		part(props, in)["Only"] = "database"
		w.fails(w.request("Create", props), defaultTimeout, "property "+in+" says more than this function knows", "synthesize and deploy again")
	}
	if n := w.called("secretsmanager", "PutSecretValue"); n > 0 {
		t.Errorf("wrote %d times", n)
	}
	props, _ := fromYAML(t)
	props["Only"], props["Protocol"] = "x", syncprotocol.Version // CloudFormation adds its own
	w.values = append(w.values, "db.example.com")
	w.succeeds(w.request("Create", props))
}
