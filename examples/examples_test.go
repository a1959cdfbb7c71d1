// Package examples_test synthesizes every example, and checks what it promises.
package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	rotationSchedule = "AWS::SecretsManager::RotationSchedule"
	secretType       = "AWS::SecretsManager::Secret"
	roleType         = "AWS::IAM::Role"
	keyType          = "AWS::KMS::Key"
	ireland          = "eu-west-1"
)

// checks are what each example promises, beyond what holds for all of them.
var checks = map[string]func(*testing.T, *assembly){
	"generated":        checkGenerated,
	"imported":         checkImported,
	"crossaccount":     checkCrossAccount,
	"rotation":         checkRotation,
	"hostedrotation":   checkHostedRotation,
	"databaserotation": checkDatabaseRotation,
	"replication":      checkReplication,
	"pipeline":         checkPipeline,
	"ecs":              checkECS,
	"lambda":           checkLambda,
	"outputs":          checkOutputs,
	"binary":           checkBinary,
	"manysecrets":      checkManySecrets,
	"overlays":         checkOverlays,
	"parameters":       checkParameters,
	"expiry":           checkExpiry,
	"agekey":           checkAgeKey,
	"ownbucket":        checkOwnBucket,
}

func TestExamples(t *testing.T) {
	sopstest.DependOnSources(t, ".", "../constructs", "../internal", "../cmd/sopssync")
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := assemblies[name]
			if a.failed != "" {
				t.Fatal(a.failed)
			}
			a.checkNoFalseFinds(t)
			if strings.Contains(a.stderr, "deprecated") {
				t.Errorf("it uses what is deprecated: %s", a.stderr)
			}
			for _, tm := range a.templates(t) {
				tm.checkReferences(t)
			}
			a.checkFindings(t)
			a.checkWarnings(t)
			checks[name](t, a)
		})
	}
}

// checkFindings checks that nothing is wrong with an example, as our own checks of templates
// see it.
func (a *assembly) checkFindings(t *testing.T) {
	t.Helper()
	found, err := sopstest.Findings(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// warning finds the id of a warning of ours in an assembly.
var warning = regexp.MustCompile(`\[ack: sopscdk:([a-z-]+)\]`)

// checkWarnings checks that no example warns of anything but that its files were not
// decrypted.
func (a *assembly) checkWarnings(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(a.dir, "*.metadata.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the assembly has no metadata: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range warning.FindAllSubmatch(content, -1) {
			if id := string(found[1]); id != "skipped" {
				t.Errorf("%s has the warning %s", filepath.Base(file), id)
			}
		}
	}
}

// All examples are run, and all folders are examples.
func TestEveryFolderIsTested(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		folders++
		if !slices.Contains(names, entry.Name()) {
			t.Errorf("the folder %q is no example", entry.Name())
		}
	}
	if folders != len(names) {
		t.Errorf("got %d folders and %d checks", folders, len(names))
	}
}

// checkReferences checks what holds in every template: what refers to a secret
// from a file goes through its sync, no other stack gets a version, and no function
// has a value in its environment.
func (tm *template) checkReferences(t *testing.T) {
	t.Helper()
	if outputs := text(tm.Outputs); strings.Contains(outputs, syncprotocol.AttrVersionID) {
		t.Errorf("%s exports a version: %s", tm.stack, outputs)
	}
	for sync, r := range tm.Resources {
		if r.Type != syncprotocol.ResourceType {
			continue
		}
		target, _ := r.Properties["Target"].(map[string]any)
		reference, _ := target["SecretArn"].(map[string]any)
		secret, made := reference["Ref"].(string)
		if !made { // it was there before
			continue
		}
		if strings.Contains(text(tm.Outputs), `"`+secret+`"`) {
			t.Errorf("%s exports the secret %s past its sync", tm.stack, secret)
		}
		for id, other := range tm.Resources {
			own := id == sync || id == secret || strings.HasPrefix(id, "SopsSyncProvider") && other.Type == "AWS::IAM::Policy"
			if !own && strings.Contains(text(other.Properties), `"`+secret+`"`) {
				t.Errorf("%s refers to the secret %s past its sync", id, secret)
			}
		}
	}
	for id, r := range tm.Resources {
		if r.Type == "AWS::Lambda::Function" && strings.Contains(text(r.Properties["Environment"]), "{{resolve:") {
			t.Errorf("the environment of %s shows a value", id)
		}
	}
}

func checkGenerated(t *testing.T, a *assembly) {
	w := a.deploy(t, "Generated")
	tm := w.templates["Generated"]
	if got := tm.properties(t, secretType, "TemplatedSecret"); !strings.Contains(got, `"GenerateStringKey":"password"`) {
		t.Errorf("generated: got %s", got)
	}
	if got := tm.properties(t, secretType, "Credentials"); strings.Contains(got, "GenerateSecretString") || strings.Contains(got, "SecretString") {
		t.Errorf("the secret from the file has a value in the template: %s", got)
	}
	sync := tm.find(t, syncprotocol.ResourceType, "Credentials")
	want := `{{resolve:secretsmanager:",{"Fn::GetAtt":["` + sync + `","Arn"]},":SecretString:smtp.password::",{"Fn::GetAtt":["` + sync + `","VersionId"]},"}}"`
	if got := tm.properties(t, "AWS::IAM::User", "MailUser"); !strings.Contains(got, want) {
		t.Errorf("user: got %s\nwant %s", got, want)
	}
	role := w.arn(t, "Generated", roleType, "SomeRole")
	for _, secret := range []string{"Credentials", "SecretA"} {
		w.reads(t, true, role, w.arn(t, "Generated", secretType, secret), "", ireland)
	}
	w.reads(t, false, role, w.arn(t, "Generated", secretType, "TemplatedSecret"), "", ireland)
}

func checkImported(t *testing.T, a *assembly) {
	const (
		secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:my_secret-f3gDy9"
		other  = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:made_by_hand-Xy12Zw"
		key    = "arn:aws:kms:eu-west-1:111122223333:key/21c4b39b-fde2-4273-9ac0-d9bb5c0d0030"
	)
	w := a.deploy(t, "Imported")
	w.AddResource(secret, "111122223333", nil)
	w.AddResource(other, "111122223333", nil)
	w.AddResource(key, "111122223333", accountPolicy(t))
	tm := w.templates["Imported"]
	reader, function := w.arn(t, "Imported", roleType, "Reader"), w.arn(t, "Imported", roleType, "SopsSyncProvider")
	w.reads(t, true, reader, secret, key, ireland)
	w.reads(t, false, reader, other, "", ireland)
	w.reads(t, false, function, secret, key, ireland)
	if !w.may(t, function, "secretsmanager:PutSecretValue", other) {
		t.Error("the function cannot fill the Target")
	}
	for _, r := range tm.Resources {
		if r.Type == secretType {
			t.Error("there is a new secret")
		}
	}
	if got := text(tm.Outputs); !strings.Contains(got, `secret:my_secret"`) || !strings.Contains(got, `secret:my_secret-f3gDy9"`) {
		t.Errorf("outputs: got %s", got)
	}
	if got := tm.properties(t, "AWS::IAM::User", "MailUser"); !strings.Contains(got, `secret:my_secret:SecretString:smtp.password::}}`) {
		t.Errorf("user: got %s", got)
	}
}

// accountPolicy is the policy of a key that leaves it to its account.
func accountPolicy(t *testing.T) *iameval.Document {
	t.Helper()
	var decoded any
	if err := json.Unmarshal([]byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
		"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}]}`), &decoded); err != nil {
		t.Fatal(err)
	}
	document, err := iameval.ParseResource(decoded)
	if err != nil {
		t.Fatal(err)
	}
	return document
}
