package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

// usual are values as files have them beside their passwords.
var usual = strings.Split(`postgres
localhost
production
eu-west-1
us-east-1
eu-central-1
111122223333
444455556666
credentials
application
username
password
administrator
orders_db
orders-service
orders_user
db.internal.example.com
orders.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com
https://api.example.com/v1/orders
https://sqs.eu-west-1.amazonaws.com
postgres://localhost/orders
platform@example.com
acme-artifacts
86400000
31536000
1073741824
2026-01-02
2012-10-17
2026-01-02T03:04:05Z
application/json
Europe/Berlin
utf8mb4_unicode_ci
SCRAM-SHA-512
TLSv1.2_2021
arn:aws:iam::111122223333:role/deploy
arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001
subnet-0123456789abcdef0
0123456789abcdef
abcdefgh
12345678
aaaaaaaaaaaa
{"key": "value"}
-----BEGIN PRIVATE KEY-----
-----BEGIN CERTIFICATE-----`, "\n")

// None of the usual values is taken for a leak in what an example synthesizes.
func (a *assembly) checkNoFalseFinds(t *testing.T) {
	t.Helper()
	var secrets []leakscan.Secret
	for _, value := range usual {
		secrets = append(secrets, leakscan.Secret{File: "usual", Key: value, Text: plaintext.New([]byte(value))})
	}
	shown := func() (texts [][]byte) { // the encrypted files
		for _, pattern := range []string{"*.sops.*", "*/*.sops.*"} {
			files, _ := filepath.Glob(pattern)
			for _, file := range files {
				content, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, content)
			}
		}
		return texts
	}
	result, err := leakscan.Scan(leakscan.Options{Root: a.dir, Secrets: secrets, Shown: shown})
	if err != nil || len(result.Unsearched) > 0 {
		t.Errorf("%s: %v, %v", a.name, err, result.Unsearched)
	}
	for _, find := range result.Finds {
		t.Errorf("%s: %s holds %q at %q", a.name, find.Path, find.Keys, find.Locations)
	}
}
