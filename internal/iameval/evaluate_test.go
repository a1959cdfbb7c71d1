package iameval_test

import (
	"encoding/json"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

// document is a policy of these statements, as decoded JSON.
func document(t *testing.T, statements string) any {
	t.Helper()
	var decoded any
	if err := json.Unmarshal([]byte(`{"Version": "2012-10-17", "Statement": [`+statements+`]}`), &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

func identity(t *testing.T, statements string) *iameval.Document {
	t.Helper()
	d, err := iameval.ParseIdentity(document(t, statements))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func allowed(t *testing.T, d *iameval.Document, r iameval.Request) bool {
	t.Helper()
	got, err := iameval.Allowed([]*iameval.Document{d}, r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		element, action string
		want            bool
	}{
		{`"Action": "kms:Decrypt"`, "kms:Decrypt", true},
		{`"Action": "KMS:decrypt"`, "kms:Decrypt", true},
		{`"Action": "kms:Decrypt"`, "kms:DecryptX", false},
		{`"Action": "kms:Decrypt"`, "kms:Encrypt", false},
		{`"Action": ["a:B", "kms:Decrypt"]`, "kms:Decrypt", true},
		{`"Action": "kms:De*"`, "kms:DescribeKey", true},
		{`"Action": "kms:De*"`, "kms:Encrypt", false},
		{`"Action": "kms:*"`, "s3:GetObject", false},
		{`"Action": "*"`, "s3:GetObject", true},
		{`"Action": "s3:?etObject"`, "s3:GetObject", true},
		{`"Action": "s3:?etObject"`, "s3:etObject", false},
		{`"NotAction": "kms:*"`, "kms:Decrypt", false},
		{`"NotAction": "kms:*"`, "s3:GetObject", true},
		{`"NotAction": ["kms:*", "s3:Get*"]`, "s3:GetObject", false},
	} {
		d := identity(t, `{"Effect": "Allow", `+c.element+`, "Resource": "*"}`)
		if got := allowed(t, d, iameval.Request{Action: c.action, Resource: "*"}); got != c.want {
			t.Errorf("%s, %s: got %v", c.element, c.action, got)
		}
	}
}

func TestResources(t *testing.T) {
	for _, c := range []struct {
		pattern, arn string
		want         bool
	}{
		{"arn:aws:s3:::b/k", "arn:aws:s3:::b/k", true},
		{"arn:aws:s3:::b/k", "arn:aws:s3:::b/K", false},
		{"arn:aws:s3:::b/k", "arn:aws:s3:::b/k2", false},
		{"arn:aws:s3:::b/k", "arn:aws:s3:::b", false},
		{"arn:aws:s3:::b/k", "arn:aws-cn:s3:::b/k", false},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b:c", true},
		{"arn:aws:s3:::b*", "arn:aws:s3:::b/k", true},
		{"arn:aws:s3:::b/k?", "arn:aws:s3:::b/k1", true},
		{"arn:aws:s3:::b/k?", "arn:aws:s3:::b/k", false},
		{"arn:aws:s3:::b/*x*y", "arn:aws:s3:::b/1x2x3y", true},
		{"arn:aws:s3:::b/*x*y", "arn:aws:s3:::b/1x2x3", false},
		{"arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", true},
		{"arn:aws:s3:::b/${*}", "arn:aws:s3:::b/k", false},
		{"arn:aws:s3:::b/${?}", "arn:aws:s3:::b/?", true},
		{"arn:aws:s3:::b/${?}", "arn:aws:s3:::b/k", false},
		{"arn:aws:s3:::b/${$}{x}", "arn:aws:s3:::b/${x}", true},
		{"arn:aws:s3:::b/é?", "arn:aws:s3:::b/éß", true},
		{"arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:eu-west-1:111122223333:key/1", true},
		{"arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:eu-west-1:444455556666:key/1", false},
		{"arn:aws:kms:*:key/1", "", false},
		{"arn:aws:kms:*:*:key/1", "arn:aws:kms:eu-west-1:111122223333:key:1:key/1", false},
		{"*", "arn:aws:s3:::b/k", true},
	} {
		if c.arn == "" {
			if _, err := iameval.ParseIdentity(document(t, `{"Effect": "Allow", "Action": "*", "Resource": "`+c.pattern+`"}`)); err == nil {
				t.Errorf("%s was taken for an ARN", c.pattern)
			}
			continue
		}
		d := identity(t, `{"Effect": "Allow", "Action": "*", "Resource": ["arn:aws:x:::y", "`+c.pattern+`"]}`)
		if got := allowed(t, d, iameval.Request{Action: "s3:GetObject", Resource: c.arn}); got != c.want {
			t.Errorf("%s, %s: got %v", c.pattern, c.arn, got)
		}
	}
	// An action without a resource needs "*": an ARN does not cover it.
	d := identity(t, `{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::*"}`)
	if allowed(t, d, iameval.Request{Action: "s3:ListAllMyBuckets", Resource: "*"}) {
		t.Error("an ARN covers an action on no resource")
	}
}

func TestConditions(t *testing.T) {
	none, one, two := iameval.Context{}, iameval.Context{"K": {"a"}}, iameval.Context{"K": {"a", "b"}}
	value := func(v string) iameval.Context { return iameval.Context{"K": {v}} }
	for _, c := range []struct {
		condition string
		context   iameval.Context
		want      bool
	}{
		{`"StringEquals": {"k": "a"}`, one, true}, // the names of keys do not mind case
		{`"StringEquals": {"K": "A"}`, one, false},
		{`"StringEquals": {"K": ["x", "a"]}`, one, true},
		{`"StringEquals": {"K": "a"}`, none, false},
		{`"StringEquals": {"K": "*"}`, one, false},
		{`"StringEquals": {"K": "${*}"}`, value("*"), true},
		{`"StringEquals": {"K": "${$}{x}"}`, value("${x}"), true},
		{`"StringEquals": {"K": "a", "L": "b"}`, one, false},
		{`"StringEquals": {"K": "a"}, "Null": {"L": "true"}`, one, true},
		{`"StringNotEquals": {"K": "a"}`, one, false},
		{`"StringNotEquals": {"K": ["x", "y"]}`, one, true},
		{`"StringNotEquals": {"K": ["x", "a"]}`, one, false},
		{`"StringNotEquals": {"K": "a"}`, none, true},
		{`"StringEqualsIgnoreCase": {"K": "A"}`, one, true},
		{`"StringEqualsIgnoreCase": {"K": "B"}`, one, false},
		{`"StringNotEqualsIgnoreCase": {"K": "A"}`, one, false},
		{`"StringLike": {"K": "ab*"}`, value("abc"), true},
		{`"StringLike": {"K": "ab?"}`, value("ab"), false},
		{`"StringLike": {"K": "ab${*}"}`, value("abc"), false},
		{`"StringLike": {"K": "*"}`, none, false},
		{`"StringNotLike": {"K": "ab*"}`, value("abc"), false},
		{`"ArnLike": {"K": "arn:aws:iam::*:role/x*"}`, value("arn:aws:iam::111122223333:role/xy"), true},
		{`"ArnEquals": {"K": "arn:aws:iam::*:role/x*"}`, value("arn:aws:iam::111122223333:role/xy"), true},
		{`"ArnLike": {"K": "arn:aws:iam::*:role/x"}`, value("arn:aws:iam::111122223333:role/xy"), false},
		{`"ArnLike": {"K": "arn:aws:iam::*:role/x*"}`, value("arn:aws:iam::111122223333:user/xy"), false},
		{`"ArnNotLike": {"K": "arn:aws:iam::*:role/x*"}`, none, true},
		{`"Null": {"K": "true"}`, none, true},
		{`"Null": {"K": true}`, one, false},
		{`"Null": {"K": "false"}`, one, true},
		{`"Null": {"K": "false"}`, none, false},
		{`"Null": {"K": "true"}`, iameval.Context{"K": nil}, true},
		{`"Bool": {"K": "true"}`, value("true"), true},
		{`"Bool": {"K": true}`, value("false"), false},
		{`"Bool": {"K": "false"}`, none, false},
		{`"BoolIfExists": {"K": "false"}`, none, true},
		{`"StringEqualsIfExists": {"K": "a"}`, none, true},
		{`"StringEqualsIfExists": {"K": "a"}`, value("b"), false},
		{`"ForAllValues:StringEquals": {"K": ["a", "b", "c"]}`, two, true},
		{`"ForAllValues:StringEquals": {"K": "a"}`, two, false},
		{`"ForAllValues:StringEquals": {"K": "a"}`, none, true},
		{`"ForAllValues:StringNotEquals": {"K": "c"}`, two, true},
		{`"ForAllValues:StringNotEquals": {"K": "b"}`, two, false},
		{`"ForAnyValue:StringEquals": {"K": "b"}`, two, true},
		{`"ForAnyValue:StringEquals": {"K": "c"}`, two, false},
		{`"ForAnyValue:StringEquals": {"K": "a"}`, none, false},
		{`"ForAnyValue:StringNotEquals": {"K": "a"}`, two, true},
		{`"ForAnyValue:StringNotEquals": {"K": ["a", "b"]}`, two, false},
		{`"ForAnyValue:StringLike": {"K": "b*"}`, two, true},
		{`"ForAnyValue:StringEqualsIfExists": {"K": "a"}`, none, true},
	} {
		d := identity(t, `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {`+c.condition+`}}`)
		if got := allowed(t, d, iameval.Request{Action: "a:B", Resource: "*", Context: c.context}); got != c.want {
			t.Errorf("%s with %v: got %v", c.condition, c.context, got)
		}
	}
	d := identity(t, `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"K": "a"}}}`)
	if _, err := iameval.Allowed([]*iameval.Document{d}, iameval.Request{Action: "a:B", Resource: "*", Context: two}); err == nil {
		t.Error("several values without a set operator are no error")
	}
}

func TestADenialWins(t *testing.T) {
	const everything = `{"Effect": "Allow", "Action": "*", "Resource": "*"}`
	d := identity(t, everything+`, {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"K": "a"}}}`)
	for _, c := range []struct {
		r    iameval.Request
		want bool
	}{
		{iameval.Request{Action: "kms:Decrypt", Resource: "*", Context: iameval.Context{"K": {"a"}}}, false},
		{iameval.Request{Action: "kms:Decrypt", Resource: "*"}, true},
		{iameval.Request{Action: "s3:GetObject", Resource: "*", Context: iameval.Context{"K": {"a"}}}, true},
	} {
		if got := allowed(t, d, c.r); got != c.want {
			t.Errorf("%+v: got %v", c.r, got)
		}
	}
	if allowed(t, identity(t, `{"Effect": "Deny", "Action": "*", "Resource": "*"}`), iameval.Request{Action: "a:B", Resource: "*"}) {
		t.Error("nothing allows it, and it is allowed")
	}
}

// What is not known is an error, or a test would pass by mistake.
func TestUnknownIsAnError(t *testing.T) {
	for _, statement := range []string{
		`{"Effect": "allow", "Action": "*", "Resource": "*"}`,
		`{"Effect": "Allow", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "*"}`,
		`{"Effect": "Allow", "Action": [], "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "*", "NotAction": "a:B", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "Decrypt", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "*", "NotResource": "*"}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": {"Ref": "X"}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}"}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${*"}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringSimilar": {"K": "a"}}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"K": "10.0.0.0/8"}}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ForSomeValues:StringEquals": {"K": "a"}}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NullIfExists": {"K": "true"}}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Null": {"K": "yes"}}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"K": "yes"}}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"K": 1}}}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"K": "${aws:username}"}}}`,
		`"all"`,
	} {
		if _, err := iameval.ParseIdentity(document(t, statement)); err == nil {
			t.Errorf("no error for %s", statement)
		}
	}
	for _, d := range []any{
		nil, map[string]any{"Version": "2008-10-17", "Statement": []any{}}, map[string]any{"Version": "2012-10-17", "Statements": []any{}},
	} {
		if _, err := iameval.ParseIdentity(d); err == nil {
			t.Errorf("no error for %v", d)
		}
	}
	for _, r := range []iameval.Request{{Action: "kms:*", Resource: "*"}, {Action: "Decrypt", Resource: "*"}, {Action: "kms:Decrypt", Resource: "key"}, {Action: "kms:Decrypt"}} {
		if _, err := iameval.Allowed(nil, r); err == nil {
			t.Errorf("no error for %+v", r)
		}
	}
}
