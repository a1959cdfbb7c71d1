package iameval_test

import (
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

const (
	reader   = "arn:aws:iam::111122223333:role/reader"
	stranger = "arn:aws:iam::111122223333:role/stranger"
	foreign  = "arn:aws:iam::444455556666:role/reader"
	secret   = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf"
	key      = "arn:aws:kms:eu-west-1:111122223333:key/1"
)

func resourcePolicy(t *testing.T, statements string) *iameval.Document {
	t.Helper()
	if statements == "" {
		return nil
	}
	d, err := iameval.ParseResource(document(t, statements))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestIdentityAndResourceTogether(t *testing.T) {
	statement := func(effect, principal string) string {
		return `{"Effect": "` + effect + `", "Action": "*", "Resource": "*", "Principal": ` + principal + `}`
	}
	aws := func(id string) string { return `{"AWS": "` + id + `"}` }
	const yes, no = `{"Effect": "Allow", "Action": "*", "Resource": "*"}`, `{"Effect": "Deny", "Action": "*", "Resource": "*"}`
	const root = "arn:aws:iam::111122223333:root"
	const get, decrypt = "secretsmanager:GetSecretValue", "kms:Decrypt"

	for _, c := range []struct {
		name                              string
		principal, action, on             string
		identityStatement, resourcePolicy string
		want                              bool
	}{
		{"identity alone", reader, get, secret, yes, "", true},
		{"neither", reader, get, secret, "", "", false},
		{"resource alone", reader, get, secret, "", statement("Allow", aws(reader)), true},
		{"resource for another", reader, get, secret, "", statement("Allow", aws(stranger)), false},
		{"resource for everyone", reader, get, secret, "", statement("Allow", `"*"`), true},
		{"resource for the account leaves it to identities", reader, get, secret, "", statement("Allow", aws(root)), false},
		{"resource denies the role", reader, get, secret, yes, statement("Deny", aws(reader)), false},
		{"resource denies the account", reader, get, secret, yes, statement("Deny", aws(root)), false},
		{"resource denies another", reader, get, secret, yes, statement("Deny", aws(stranger)), true},
		{"identity denies", reader, get, secret, no, statement("Allow", aws(reader)), false},
		{"across accounts, identity alone", foreign, get, secret, yes, "", false},
		{"across accounts, resource alone", foreign, get, secret, "", statement("Allow", aws(foreign)), false},
		{"across accounts, both", foreign, get, secret, yes, statement("Allow", aws(foreign)), true},
		{"across accounts, by account", foreign, get, secret, yes, statement("Allow", aws("444455556666")), true},
		{"across accounts, the wrong account", foreign, get, secret, yes, statement("Allow", aws(root)), false},
		{"key without the identity", reader, decrypt, key, "", statement("Allow", aws(root)), false},
		{"key for the account, and identity", reader, decrypt, key, yes, statement("Allow", aws(root)), true},
		{"key for the role", reader, decrypt, key, "", statement("Allow", aws(reader)), true},
		{"key for nobody", reader, decrypt, key, yes, "", false},
		{"key of another account, both", foreign, decrypt, key, yes, statement("Allow", aws(foreign)), true},
		{"key of another account, key alone", foreign, decrypt, key, "", statement("Allow", aws(foreign)), false},
		{"the root of the account", root, get, secret, "", "", true},
		{"the root, denied", root, get, secret, "", statement("Deny", aws(root)), false},
		{"a service", "lambda.amazonaws.com", get, secret, "", statement("Allow", `{"Service": "lambda.amazonaws.com"}`), true},
		{"another service", "lambda.amazonaws.com", get, secret, "", statement("Allow", `{"Service": "ecs.amazonaws.com"}`), false},
		{"a service, where the account may", "lambda.amazonaws.com", get, secret, "", statement("Allow", aws(root)), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w iameval.World
			w.AddIdentity(c.principal)
			if c.identityStatement != "" {
				w.AddIdentity(c.principal, identity(t, c.identityStatement))
			}
			w.AddResource(c.on, "111122223333", resourcePolicy(t, c.resourcePolicy))
			got, err := w.Allowed(iameval.Request{Principal: c.principal, Action: c.action, Resource: c.on})
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAConditionOnThePrincipal(t *testing.T) {
	var w iameval.World
	w.AddIdentity(reader)
	w.AddIdentity(stranger)
	w.AddResource(secret, "111122223333", resourcePolicy(t, `{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*",
		"Condition": {"ArnEquals": {"aws:PrincipalArn": "`+reader+`"}, "StringEquals": {"aws:PrincipalAccount": "111122223333"}}}`))
	for principal, want := range map[string]bool{reader: true, stranger: false} {
		got, err := w.Allowed(iameval.Request{Principal: principal, Action: "secretsmanager:GetSecretValue", Resource: secret})
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", principal, got, err)
		}
	}
}

func TestWhoIsNotThereIsAnError(t *testing.T) {
	var w iameval.World
	w.AddIdentity(reader)
	w.AddResource(secret, "111122223333", nil)
	for _, r := range []iameval.Request{
		{Principal: stranger, Action: "a:B", Resource: secret},
		{Principal: reader, Action: "a:B", Resource: key},
		{Action: "a:*", Principal: reader, Resource: secret},
	} {
		if _, err := w.Allowed(r); err == nil {
			t.Errorf("no error for %+v", r)
		}
	}
	for _, statement := range []string{
		`{"Effect": "Allow", "Action": "*", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"Federated": "x"}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": "111122223333"}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "x"}`,
	} {
		if _, err := iameval.ParseResource(document(t, statement)); err == nil {
			t.Errorf("no error for %s", statement)
		}
	}
}
