package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

const (
	ageSecret    = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:age-AbCdEf"
	ageParameter = "/sops/age"
)

// agedStack is a stack with one secret, from a file that age alone opens, and
// whose function finds the identity where place says.
func agedStack(t *testing.T, place func(awscdk.Stack, awskms.IKey) *sopsconstructs.AgeIdentity) *deployed {
	t.Helper()
	file := standard(clear)
	file.KMS = nil
	write(t, "x.sops.json", file)
	stack := newStack(nil)
	newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{
		Path:          "x.sops.json",
		AgeIdentities: []*sopsconstructs.AgeIdentity{place(stack, awskms.Key_FromKeyArn(stack, new("AgeKey"), new(keyUS)))},
	}))
	return deploy(t, stack, "eu-west-1", nil)
}

func TestTheFunctionMayReadAgeIdentities(t *testing.T) {
	openable(t)
	for _, c := range []struct {
		name, service string
		place         func(awscdk.Stack, awskms.IKey) *sopsconstructs.AgeIdentity
		around        surroundings
		called        string
		misses        []string // actions on the same resource
	}{
		{"a secret", "secretsmanager", func(stack awscdk.Stack, key awskms.IKey) *sopsconstructs.AgeIdentity {
			return sopsconstructs.AgeIdentityFromSecret(awssecretsmanager.Secret_FromSecretAttributes(stack, new("Age"),
				&awssecretsmanager.SecretAttributes{SecretCompleteArn: new(ageSecret), EncryptionKey: key}))
		}, surroundings{ageSecrets: []string{ageSecret}}, "secretsmanager:GetSecretValue " + ageSecret,
			[]string{"secretsmanager:PutSecretValue", "secretsmanager:DescribeSecret", "secretsmanager:DeleteSecret"}},
		{"a parameter", "ssm", func(stack awscdk.Stack, key awskms.IKey) *sopsconstructs.AgeIdentity {
			return sopsconstructs.AgeIdentityFromParameter(awsssm.StringParameter_FromSecureStringParameterAttributes(stack, new("Age"),
				&awsssm.SecureStringParameterAttributes{ParameterName: new(ageParameter)}), key)
		}, surroundings{ageParameters: []string{ageParameter}}, "ssm:GetParameter arn:aws:ssm:eu-west-1:111122223333:parameter" + ageParameter,
			[]string{"ssm:PutParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:DeleteParameter"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := agedStack(t, c.place)
			found := false
			for _, r := range d.calls(t, c.around) {
				if !d.may(t, r) {
					t.Errorf("the function calls this, and may not: %+v", r)
				}
				if r.Action+" "+r.Resource != c.called {
					continue
				}
				found = true
				for _, miss := range append(near(r, c.misses...), otherResources(r, "x")...) {
					if d.may(t, miss) {
						t.Errorf("the function may do this, and does not call it: %+v", miss)
					}
				}
			}
			if !found {
				t.Fatalf("the function does not call %s", c.called)
			}
			for via, want := range map[string]bool{
				c.service + ".eu-west-1.amazonaws.com": true, c.service + ".us-east-1.amazonaws.com": false, "s3.eu-west-1.amazonaws.com": false, "": false,
			} {
				r := iameval.Request{Action: "kms:Decrypt", Resource: keyUS, Context: iameval.Context{"kms:ViaService": {via}}}
				if via == "" {
					r.Context = nil
				}
				if got := d.may(t, r); got != want {
					t.Errorf("decrypting via %q: allowed is %v", via, got)
				}
			}
		})
	}
}

// Of a secret that is imported by name, the end of its ARN is not known: six
// characters, and no further ones.
func TestAnAgeSecretByName(t *testing.T) {
	openable(t)
	d := agedStack(t, func(stack awscdk.Stack, _ awskms.IKey) *sopsconstructs.AgeIdentity {
		return sopsconstructs.AgeIdentityFromSecret(awssecretsmanager.Secret_FromSecretNameV2(stack, new("Age"), new("age")))
	})
	for suffix, want := range map[string]bool{"-AbCdEf": true, "-123456": true, "": false, "-more-AbCdEf": false, "-AbCdEfg": false, "s-AbCdEf": false} {
		arn := strings.TrimSuffix(ageSecret, "-AbCdEf") + suffix
		if got := d.may(t, iameval.Request{Action: "secretsmanager:GetSecretValue", Resource: arn}); got != want {
			t.Errorf("%s: allowed is %v", arn, got)
		}
	}
}
