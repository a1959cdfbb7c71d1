package main_test

import (
	_ "embed"
	"testing"
)

// yamlFile was made with sops 3.13.3 and the loopback KMS of package awstest,
// whose keys protect nothing: sops encrypt --kms ARN.
//
//go:embed testdata/values.sops.yaml
var yamlFile []byte

// Every kind of value lands digit by digit.
func TestYAML(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.values = append(w.values, "db.example.com", "9007199254740993", "throw-away: ", "one.example.com")
	e := w.create(yamlFile)
	props := propertiesOf(e)
	file := part(props, "File")
	file["Format"], file["Name"] = "yaml", "sops/values.sops.yaml"
	w.succeeds(e)
	w.holds(`{"database.host":"db.example.com","database.port":"5432","database.account":"123456789012","database.big":"9007199254740993",`+
		`"database.ratio":"1000000.5","database.tls":"true","database.password":"throw-away: <&> ünï",`+
		`"hosts[0]":"one.example.com","hosts[1].name":"two.example.com","hosts[1].since":"2020-01-02T03:04:05Z",`+
		`"nothing":null,"empty":"","none":{},"list":[],"note_unencrypted":"stays clear"}`, 1)
	part(props, "Output")["Mode"] = "nested"
	w.succeeds(w.request("Update", props))
	w.holds(`{"database":{"host":"db.example.com","port":5432,"account":123456789012,"big":9007199254740993,`+
		`"ratio":1000000.5,"tls":true,"password":"throw-away: <&> ünï"},`+
		`"hosts":["one.example.com",{"name":"two.example.com","since":"2020-01-02T03:04:05Z"}],`+
		`"nothing":null,"empty":"","none":{},"list":[],"note_unencrypted":"stays clear"}`, 2)
}
