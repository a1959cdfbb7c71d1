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

// several are the properties of a construct for files of JSON, combined.
func several(t *testing.T, combine string, files ...[]byte) map[string]any {
	t.Helper()
	props := properties(t, files[0])
	var list []any
	for i, content := range files {
		file := part(properties(t, content), "File")
		file["Name"] = string(rune('a'+i)) + ".sops.json"
		list = append(list, file)
	}
	props["File"] = map[string]any{"Combine": combine, "Files": list}
	return props
}

// Several files land as one, each with its own keys: the later file's value, or an error
// for a name that two have.
func TestSeveralFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	common := w.file([]wrapper{{arn: keyUS}}, pair{"user", "common-user"}, pair{"pass", "common-pass"})
	prod := w.file([]wrapper{{arn: keyAP}}, pair{"pass", "prod-pass"}, pair{"port", "prod-port"})
	other := w.file(bothKeys, pair{"token", "other-token"})
	w.values = append(w.values, "common-user", "common-pass", "prod-pass", "prod-port", "other-token")

	w.succeeds(w.request("Create", several(t, "overlay", common, prod)))
	w.holds(`{"user":"common-user","pass":"prod-pass","port":"prod-port"}`, 1)
	next := func(old, props map[string]any) map[string]any {
		e := w.request("Update", props)
		e["OldResourceProperties"] = old
		return e
	}
	was := several(t, "overlay", common, prod)
	now := several(t, "overlay", prod, common)
	w.succeeds(next(was, now))
	w.holds(`{"pass":"common-pass","port":"prod-port","user":"common-user"}`, 2)
	w.succeeds(next(now, now))
	w.holds(`{"pass":"common-pass","port":"prod-port","user":"common-user"}`, 2)

	merged := several(t, "merge", common, other)
	w.succeeds(next(now, merged))
	w.holds(`{"user":"common-user","pass":"common-pass","token":"other-token"}`, 3)
	w.fails(next(merged, several(t, "merge", common, other, prod)), defaultTimeout, `both a.sops.json and c.sops.json have "pass"`)

	// A key of either file that cannot be used fails the request, by the file's name.
	w.ap.Fail("DisabledException")
	w.fails(next(merged, several(t, "overlay", common, prod)), defaultTimeout, `"b.sops.json": `, keyAP, "disabled")
	w.ap.Fail("")

	for words, change := range map[string]func(file map[string]any){
		"does not know how to combine files":      func(file map[string]any) { file["Combine"] = "mix" },
		"File.Files is missing":                   func(file map[string]any) { delete(file, "Files") },
		"File.Content, or others":                 func(file map[string]any) { file["Format"] = "json" },
		"has 17 files: at most 16":                func(file map[string]any) { file["Files"] = many(file["Files"].([]any)[0], 17) },
		"properties File.Content, or File.Bucket": func(file map[string]any) { delete(file["Files"].([]any)[1].(map[string]any), "Content") },
	} {
		props := several(t, "overlay", common, prod)
		change(part(props, "File"))
		w.fails(next(merged, props), defaultTimeout, words)
	}
	w.holds(`{"user":"common-user","pass":"common-pass","token":"other-token"}`, 3)
}

func many(file any, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = file
	}
	return list
}

// Files are combined inside each other, and parts of what they make land.
func TestSeveralFilesInOneAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.values = append(w.values, "db.example.com", "later-host")
	later := w.file(bothKeys, pair{"host", "later-host"})
	props := several(t, "overlay", later, later)
	_, yaml := fromYAML(t)
	yaml["Part"] = "database"
	files := part(props, "File")["Files"].([]any)
	part(props, "File")["Files"] = []any{map[string]any{"Combine": "merge", "Files": []any{yaml, part(properties(t, w.file(bothKeys, pair{"extra", "later-extra"})), "File")}}, files[1]}
	part(props, "Output")["Mode"], part(props, "Output")["Value"] = "value", "host"
	w.succeeds(w.request("Create", props))
	w.holds(`later-host`, 1)
	delete(part(props, "Output"), "Value")
	part(props, "Output")["Mode"] = "flat"
	w.succeeds(w.request("Update", props))
	w.holds(`{"host":"later-host","port":"5432","account":"123456789012","big":"9007199254740993","ratio":"1000000.5","tls":"true","password":"throw-away: <&> ünï","extra":"later-extra"}`, 2)
}
