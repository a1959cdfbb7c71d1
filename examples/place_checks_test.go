package examples_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// syncs are the custom resources of a template, with their properties as they are
// deployed.
func (w *world) syncs(t *testing.T, stack string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for id, r := range w.templates[stack].Resources {
		if r.Type != syncprotocol.ResourceType {
			continue
		}
		resolved, err := w.stacks[stack].Resolve(map[string]any{"File": r.Properties["File"], "Target": r.Properties["Target"]})
		if err != nil {
			t.Fatal(err)
		}
		all[id] = text(resolved)
	}
	return all
}

func checkAgeKey(t *testing.T, a *assembly) {
	w := a.deploy(t, "AgeKey")
	syncs := w.syncs(t, "AgeKey")
	if len(syncs) != 3 {
		t.Errorf("%d syncs, want 3", len(syncs))
	}
	for id, properties := range syncs {
		if !strings.Contains(properties, `"AgeIdentities":[{"ParameterName":"/sops/age-identity"}]`) {
			t.Errorf("%s: got %s", id, properties)
		}
	}
	tm := w.templates["AgeKey"]
	if strings.Contains(text(tm.decoded), "AGE-SECRET-KEY") {
		t.Error("there is an identity in the template")
	}
	const prefix = "arn:aws:ssm:eu-west-1:111122223333:parameter/"
	function := w.arn(t, "AgeKey", roleType, "SopsSyncProvider")
	for name, want := range map[string][]string{
		"sops/age-identity":  {"ssm:GetParameter"},
		"sops/age-identity2": nil,
		"worker/queue/user":  {"ssm:GetParameter", "ssm:PutParameter"},
		"license":            {"ssm:GetParameter", "ssm:PutParameter"},
	} {
		w.AddResource(prefix+name, "111122223333", nil)
		for _, action := range []string{"ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameters"} {
			if got := w.may(t, function, action, prefix+name); got != slices.Contains(want, action) {
				t.Errorf("%s of %s is %v", action, name, got)
			}
		}
	}
	if policies := text(tm.decoded["Resources"]); strings.Contains(policies, `"kms:Decrypt"`) {
		t.Error("something may use a KMS key, and the file has none")
	}
	w.reads(t, true, w.arn(t, "AgeKey", roleType, "FunctionServiceRole"), w.arn(t, "AgeKey", secretType, "Api"), "", ireland)
}

func checkOwnBucket(t *testing.T, a *assembly) {
	const (
		bucket    = "arn:aws:s3:::sops-files-111122223333/"
		bucketKey = "arn:aws:kms:eu-west-1:111122223333:key/7d0c5b2e-9f3a-4c61-8b17-2e4f60a9d583"
		ssm       = "arn:aws:ssm:eu-west-1:111122223333:parameter/"
	)
	w := a.deploy(t, "OwnBucket")
	const latest = `"Bucket":"sops-files-111122223333"`
	for id, properties := range w.syncs(t, "OwnBucket") {
		object, keys := `"Key":"credentials/latest.sops.json"`, []string{fileKeyEU, fileKeyUS}
		if strings.HasPrefix(id, "Certificate") {
			object, keys = `"Key":"certificates/mail.pem"`, []string{fileKeyEU + "|secret:mail/certificate"}
		}
		for _, want := range []string{latest, object, `"AllowedKeys":["` + strings.Join(keys, `","`) + `"]`} {
			if !strings.Contains(properties, want) || strings.Contains(properties, `"Content"`) {
				t.Errorf("%s: got %s, want %s in it", id, properties, want)
			}
		}
	}
	function := w.arn(t, "OwnBucket", roleType, "SopsSyncProvider")
	for key, want := range map[string]bool{"credentials/latest.sops.json": true, "certificates/mail.pem": true, "credentials/another": false} {
		w.AddResource(bucket+key, "111122223333", nil)
		if got := w.may(t, function, "s3:GetObject", bucket+key); got != want {
			t.Errorf("the function may read %s: %v", key, got)
		}
	}
	w.AddResource(bucketKey, "111122223333", accountPolicy(t))
	if !w.may(t, function, "kms:Decrypt", bucketKey, "kms:ViaService", "s3.eu-west-1.amazonaws.com") || w.may(t, function, "kms:Decrypt", bucketKey) {
		t.Error("the function's use of the bucket's key")
	}
	reader := w.arn(t, "OwnBucket", roleType, "Reader")
	for name, want := range map[string]bool{"mail/user": true, "mail/password": true, "mail/certificate": true, "mail/another": false} {
		w.AddResource(ssm+name, "111122223333", nil)
		if got := w.may(t, reader, "ssm:GetParameter", ssm+name); got != want {
			t.Errorf("the reader may read %s: %v", name, got)
		}
	}
	w.reads(t, true, reader, w.arn(t, "OwnBucket", secretType, "Credentials"), "", ireland)
}
