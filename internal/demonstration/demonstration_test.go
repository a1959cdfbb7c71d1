package demonstration_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/demonstration"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

const (
	folder   = "../../sops/"
	sample   = folder + "mymanagedsecrets.sops.json"
	identity = folder + "demonstration.agekey"
	role     = "arn:aws:iam::111122223333:role/sops-dev-role"
	euKey    = "arn:aws:kms:eu-west-1:111122223333:key/4c1f0e7a-52d9-4b36-8e0f-9a6d2b7c31e5"
	usKey    = "arn:aws:kms:us-east-1:111122223333:key/b83a6d20-7f14-4e9c-a5d1-06e2c94f7b38"
	euAlias  = "arn:aws:kms:eu-west-1:111122223333:alias/sops-dev-key-eu"
	usAlias  = "arn:aws:kms:us-east-1:111122223333:alias/sops-dev-key-us"
)

// metadata is what the test reads of the sample, without the project's own reader.
type metadata struct {
	Sops struct {
		KMS []struct {
			ARN  string `json:"arn"`
			Role string `json:"role"`
			Enc  string `json:"enc"`
		} `json:"kms"`
		Age []struct {
			Recipient string `json:"recipient"`
			Enc       string `json:"enc"`
		} `json:"age"`
		PGP       []any  `json:"pgp"`
		KeyGroups []any  `json:"key_groups"`
		Version   string `json:"version"`
	} `json:"sops"`
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t *testing.T) metadata {
	t.Helper()
	var m metadata
	if err := json.Unmarshal(read(t, sample), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func publishedIdentity(t *testing.T) *age.X25519Identity {
	t.Helper()
	ids, err := age.ParseIdentities(bytes.NewReader(read(t, identity)))
	if err != nil || len(ids) != 1 {
		t.Fatalf("%s does not hold one identity", identity)
	}
	return ids[0].(*age.X25519Identity)
}

func TestSampleIsThePinnedOne(t *testing.T) {
	sum := sha256.Sum256(read(t, sample))
	if got := hex.EncodeToString(sum[:]); got != demonstration.SHA256 {
		t.Errorf("SHA-256 of %s = %q, want %q", sample, got, demonstration.SHA256)
	}
	if got := publishedIdentity(t).Recipient().String(); got != demonstration.Recipient {
		t.Errorf("recipient of %s = %q, want %q", identity, got, demonstration.Recipient)
	}
}

func TestThePublishedDataKeyIsTheSamples(t *testing.T) {
	file, err := sopsfile.Parse(read(t, sample), sopsfile.JSON)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(parse(t).Sops.Age[0].Enc)), publishedIdentity(t))
	if err != nil {
		t.Fatal(err)
	}
	key, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	// The sample's data key is public, so the test may print it.
	if got := base64.StdEncoding.EncodeToString(key); got != demonstration.DataKey || !file.OpenedBy(key) {
		t.Errorf("DataKey = %q, want %q", demonstration.DataKey, got)
	}
}

func TestSampleHasExactlyTheseMasterKeys(t *testing.T) {
	m := parse(t)
	var got []string
	for _, k := range m.Sops.KMS {
		got = append(got, k.ARN+"+"+k.Role)
	}
	for _, k := range m.Sops.Age {
		got = append(got, k.Recipient)
	}
	want := []string{euAlias + "+" + role, usAlias + "+" + role, demonstration.Recipient}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("master keys = %q, want %q", got, want)
	}
	if len(m.Sops.PGP) != 0 || len(m.Sops.KeyGroups) != 0 {
		t.Error("the sample has other master keys")
	}
	if m.Sops.Version != "3.13.3" {
		t.Errorf("sops version = %q", m.Sops.Version)
	}
}

// All three entries wrap the same data key: the identity opens one, the loopback
// KMS, asked in the role, the other two.
func TestEveryMasterKeyOpensTheSample(t *testing.T) {
	m := parse(t)
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(m.Sops.Age[0].Enc)), publishedIdentity(t))
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(r)
	if err != nil || len(want) != 32 {
		t.Fatalf("the identity opens %d bytes, want 32", len(want))
	}

	server, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.AddAlias(euAlias, server.AddKey(euKey).LimitTo(role))
	server.AddAlias(usAlias, server.AddKey(usKey).LimitTo(role))
	for _, k := range m.Sops.KMS {
		cfg := aws.Config{
			Region: strings.Split(k.ARN, ":")[3], BaseEndpoint: aws.String(server.URL()),
			Credentials: credentials(awstest.CallerAccessKeyID, "any", ""),
		}
		out, err := sts.NewFromConfig(cfg).AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: &k.Role, RoleSessionName: aws.String("sops@test"),
		})
		if err != nil {
			t.Fatal(err)
		}
		c := out.Credentials
		cfg.Credentials = credentials(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
		blob, err := base64.StdEncoding.DecodeString(k.Enc)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := kms.NewFromConfig(cfg).Decrypt(t.Context(), &kms.DecryptInput{KeyId: &k.ARN, CiphertextBlob: blob})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(opened.Plaintext, want) {
			t.Errorf("%s wraps another data key than the age entry", k.ARN)
		}
	}
}

// What a newcomer copies from must never lead to the published recipient.
func TestCreationRulesDoNotNameThePublishedRecipient(t *testing.T) {
	if bytes.Contains(read(t, folder+".sops.yaml"), []byte(demonstration.Recipient)) {
		t.Error(".sops.yaml names the published recipient")
	}
}

// Once the account id is filled in, the rules name keys and a role by the names
// that the stacks give them, stage by stage.
func TestCreationRules(t *testing.T) {
	text := regexp.MustCompile(`(DEV|PROD)_ACCOUNT_ID`).ReplaceAllString(string(read(t, folder+".sops.yaml")), "111122223333")
	var config struct {
		Rules []struct {
			PathRegex string   `yaml:"path_regex"`
			KMS       []string `yaml:"kms"`
		} `yaml:"creation_rules"`
	}
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		t.Fatal(err)
	}
	for path, stage := range map[string]string{
		"mymanagedsecrets.sops.json":      "dev",
		"database.sops.yaml":              "dev",
		"prod/mymanagedsecrets.sops.json": "prod",
		"app.env":                         "dev",
		"app.ini":                         "dev",
		"keystore.p12":                    "dev",
		"prod/keystore.p12":               "prod",
		"other/secrets.sops.json":         "",
	} {
		var got []string
		for _, rule := range config.Rules {
			if regexp.MustCompile(rule.PathRegex).MatchString(path) {
				got = rule.KMS
				break
			}
		}
		var want []string
		if stage != "" {
			role := "+arn:aws:iam::111122223333:role/sops-" + stage + "-role"
			want = []string{
				"arn:aws:kms:eu-west-1:111122223333:alias/sops-" + stage + "-key-eu" + role,
				"arn:aws:kms:us-east-1:111122223333:alias/sops-" + stage + "-key-us" + role,
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the keys of %q = %q, want %q", path, got, want)
		}
	}
}

func TestIdentityIsMarkedAsPublished(t *testing.T) {
	if !bytes.HasPrefix(read(t, identity), []byte("# PUBLISHED")) {
		t.Errorf("%s does not say first that it is published", identity)
	}
}

func credentials(id, secret, token string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
	})
}
