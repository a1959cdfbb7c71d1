package difftest_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// The files of other projects that keep secrets with SOPS, by their shape: written here, with
// values and keys that are worth nothing, and encrypted by the real commands as the project's
// documents say. flat is what lands in a secret.
var projects = []struct {
	name, ending string
	rule         string // lines of the creation rule
	text         string
	flat         string
	fails        string // a part of why it does not land as flat JSON
}{
	{"Flux and Kustomize: a Secret of Kubernetes", ".yaml", "encrypted_regex: ^(data|stringData)$\n    age: R0", `apiVersion: v1
kind: Secret
metadata:
    name: database
    namespace: shop
    labels:
        app.kubernetes.io/name: shop
type: Opaque
data:
    password: dGhyb3ctYXdheQ==
stringData:
    url: postgres://shop:throw-away@db/shop?a=1&b=2
    # read by the client
    config.yaml: |
        tls: true
        hosts:
            - a
            - b
`, `{"apiVersion":"v1","kind":"Secret","metadata.name":"database","metadata.namespace":"shop","metadata.labels.app.kubernetes.io/name":"shop","type":"Opaque","data.password":"dGhyb3ctYXdheQ==","stringData.url":"postgres://shop:throw-away@db/shop?a=1&b=2","stringData.config.yaml":"tls: true\nhosts:\n    - a\n    - b\n"}`, ""},
	{"KSOPS and Argo CD: several documents", ".yaml", "encrypted_regex: ^(data|stringData)$\n    age: R0,R1", `apiVersion: v1
kind: Secret
metadata:
    name: a
stringData:
    one: throw-away-1
---
apiVersion: v1
kind: Secret
metadata:
    name: b
stringData:
    two: throw-away-2
`, "", "documents"},
	{"helm-secrets: values of a chart", ".yaml", "age: R0", `# values.secrets.yaml
global:
    imageCredentials:
        username: robot
        password: throw-away-1
ingress:
    tls:
        - secretName: shop-tls
          hosts: [shop.example.com, www.example.com]
        - secretName: admin-tls
          hosts: []
replicas: 3
resources: {}
enabled: true
ratio: 0.75
empty: ""
nothing: null
`, `{"global.imageCredentials.username":"robot","global.imageCredentials.password":"throw-away-1","ingress.tls[0].secretName":"shop-tls","ingress.tls[0].hosts[0]":"shop.example.com","ingress.tls[0].hosts[1]":"www.example.com","ingress.tls[1].secretName":"admin-tls","ingress.tls[1].hosts":[],"replicas":"3","resources":{},"enabled":"true","ratio":"0.75","empty":"","nothing":null}`, ""},
	{"sops-nix: secrets of hosts", ".yaml", "key_groups:\n    - age: [R0, R1, R2]", `hello: throw-away-1
example-key: throw-away-2
example:
    my_subdir:
        my_secret: throw-away-3
wireless.env: |
    PSK_HOME=throw away
    PSK_WORK="4 words in quotes"
ssh_host_key: |
    -----BEGIN OPENSSH PRIVATE KEY-----
    dGhyb3cgYXdheSwgbm8ga2V5
    -----END OPENSSH PRIVATE KEY-----
example_array:
    - value1
    - value2
example_number: 1234.5678
example_booleans: [true, false]
`, `{"hello":"throw-away-1","example-key":"throw-away-2","example.my_subdir.my_secret":"throw-away-3","wireless.env":"PSK_HOME=throw away\nPSK_WORK=\"4 words in quotes\"\n","ssh_host_key":"-----BEGIN OPENSSH PRIVATE KEY-----\ndGhyb3cgYXdheSwgbm8ga2V5\n-----END OPENSSH PRIVATE KEY-----\n","example_array[0]":"value1","example_array[1]":"value2","example_number":"1234.5678","example_booleans[0]":"true","example_booleans[1]":"false"}`, ""},
	{"Terraform's provider: JSON of variables", ".json", "kms: KMS\n    age: R0", `{
	"db": {"user": "terraform", "password": "throw-away <1> & \"2\"", "port": 5432},
	"account": 123456789012,
	"tags": ["a", "b"],
	"unicode": "pässwörd 🔑",
	"enabled": false
}`, `{"db.user":"terraform","db.password":"throw-away <1> & \"2\"","db.port":"5432","account":"123456789012","tags[0]":"a","tags[1]":"b","unicode":"pässwörd 🔑","enabled":"false"}`, ""},
	{"Docker Compose: dotenv", ".env", "age: R0", `# database
DATABASE_URL=postgres://u:throw-away@db:5432/app?sslmode=disable
EMPTY=
WITH_EQUALS=a=b==
WITH_HASH=a#b
MULTI=line one\nline two
export_me=1
`, `{"DATABASE_URL":"postgres://u:throw-away@db:5432/app?sslmode=disable","EMPTY":"","WITH_EQUALS":"a=b==","WITH_HASH":"a#b","MULTI":"line one\nline two","export_me":"1"}`, ""},
	{"the AWS command: INI of profiles", ".ini", "age: R0", `[default]
aws_access_key_id = AKIATHROWAWAY0000000
aws_secret_access_key = throw/away+1=

[profile ci]
; of the build
role_arn = arn:aws:iam::111122223333:role/ci
source_profile = default
`, `{"default.aws_access_key_id":"AKIATHROWAWAY0000000","default.aws_secret_access_key":"throw/away+1=","profile ci.role_arn":"arn:aws:iam::111122223333:role/ci","profile ci.source_profile":"default"}`, ""},
	{"community.sops of Ansible: variables of a group", ".yaml", "unencrypted_regex: ^(public_|ansible_user$)\n    mac_only_encrypted: true\n    age: R1", `ansible_user: deploy
ansible_become_password: throw-away-1
public_url: https://shop.example.com
users:
    - {name: alice, password: throw-away-2}
    - {name: bob, password: throw-away-3}
`, `{"ansible_user":"deploy","ansible_become_password":"throw-away-1","public_url":"https://shop.example.com","users[0].name":"alice","users[0].password":"throw-away-2","users[1].name":"bob","users[1].password":"throw-away-3"}`, ""},
	{"tags of YAML", ".yaml", "age: R0", `text: !!str 0123
forced: !!str true
number: !!int "7"
float: !!float 2
flag: !!bool true
own: !secret throw-away-1
reference: !Ref Database
list: !!seq [!!str 1, !own 2]
map: !!map {a: !!str null}
`, `{"text":"0123","forced":"true","number":"7","float":"2","flag":"true","own":"throw-away-1","reference":"Database","list[0]":"1","list[1]":"2","map.a":"null"}`, ""},
}

// Every shape is read as sops reads it, and lands under the names that its users know.
func TestProjects(t *testing.T) {
	for _, version := range []string{"v3.9.4", "v3.13.3"} {
		for _, p := range projects {
			t.Run(p.name+" "+version, func(t *testing.T) {
				rule := strings.NewReplacer("R0", identities[0].recipient, "R1", identities[1].recipient, "R2", identities[2].recipient, "KMS", kmsEU).Replace(p.rule)
				data, err := encrypt(filepath.Join(t.TempDir(), "x"), p.ending, version, "creation_rules:\n  - path_regex: .*\n    "+rule+"\n", p.text)
				if err != nil {
					t.Fatal(err)
				}
				format := sopsfile.FormatOf("x" + p.ending)
				if bytes.Contains(data, []byte("throw")) {
					t.Error("the file holds a value in clear text")
				}
				if got := compare(t, sample{p.name, format, version, data}); !strings.HasPrefix(got, "equal") {
					t.Errorf("got %s", got)
				}
				_, tree, err := ours(data, format, nil)
				if err != nil {
					t.Fatal(err)
				}
				flat, err := render.Render(tree, render.Flat)
				if p.fails != "" {
					if err == nil || !strings.Contains(err.Error(), p.fails) {
						t.Errorf("got %v, want an error with %q", err, p.fails)
					}
					return
				}
				if err != nil || string(flat.Reveal()) != p.flat {
					t.Errorf("got  %s (%v)\nwant %s", flat.Reveal(), err, p.flat)
				}
			})
		}
	}
}
