package iameval_test

import (
	"encoding/json"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

var ireland = iameval.Environment{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}

func template(t *testing.T, text string) map[string]any {
	t.Helper()
	var decoded map[string]any
	if err := json.Unmarshal([]byte(text), &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestResolve(t *testing.T) {
	exporting := iameval.NewStack(template(t, `{
		"Resources": {"Key": {"Type": "AWS::KMS::Key"}},
		"Outputs": {
			"Other": {"Value": "x"},
			"Out": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}, "Export": {"Name": {"Fn::Sub": "${AWS::Region}:key"}}}}}`), ireland, nil)
	china := iameval.Environment{Partition: "aws-cn", Account: "444455556666", Region: "cn-north-1"}
	s := iameval.NewStack(template(t, `{"Resources": {
		"Role": {"Type": "AWS::IAM::Role"}, "Secret": {"Type": "AWS::SecretsManager::Secret"}, "Bucket": {"Type": "AWS::S3::Bucket"},
		"Named": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "a-name"}},
		"NamedSecret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "a/name"}},
		"Sync": {"Type": "Custom::SopsSync", "Properties": {"Target": {"SecretArn": {"Ref": "Secret"}}}}}}`),
		china, map[string]string{"Parameter": "p", "Function.Arn": "f"}, exporting)
	for expression, want := range map[string]string{
		`"text"`:                                       `text`,
		`{"Ref": "Role"}`:                              `Role`,
		`{"Ref": "Secret"}`:                            `arn:aws-cn:secretsmanager:cn-north-1:444455556666:secret:Secret-AbCdEf`,
		`{"Ref": "Bucket"}`:                            `bucket`,
		`{"Ref": "Named"}`:                             `a-name`,
		`{"Fn::GetAtt": ["Named", "Arn"]}`:             `arn:aws-cn:iam::444455556666:role/a-name`,
		`{"Ref": "NamedSecret"}`:                       `arn:aws-cn:secretsmanager:cn-north-1:444455556666:secret:a/name-AbCdEf`,
		`{"Ref": "Parameter"}`:                         `p`,
		`{"Ref": "AWS::URLSuffix"}`:                    `amazonaws.com.cn`,
		`{"Fn::GetAtt": ["Role", "Arn"]}`:              `arn:aws-cn:iam::444455556666:role/Role`,
		`{"Fn::GetAtt": "Function.Arn"}`:               `f`,
		`{"Fn::GetAtt": ["Sync", "Arn"]}`:              `arn:aws-cn:secretsmanager:cn-north-1:444455556666:secret:Secret-AbCdEf`,
		`{"Fn::Join": ["", ["a", {"Ref": "Bucket"}]]}`: `abucket`,
		`{"Fn::Join": ["-", ["a", "b", "c"]]}`:         `a-b-c`,
		`{"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/${!x}-${AWS::AccountId}"}`: `arn:aws-cn:s3:::bucket/${x}-444455556666`,
		`{"Fn::Sub": ["${Own}/${Role.Arn}", {"Own": {"Ref": "AWS::Region"}}]}`:        `cn-north-1/arn:aws-cn:iam::444455556666:role/Role`,
		`{"Fn::ImportValue": "eu-west-1:key"}`:                                        `arn:aws:kms:eu-west-1:111122223333:key/Key`,
		`{"Fn::ImportValue": {"Fn::Sub": "eu-west-1:key"}}`:                           `arn:aws:kms:eu-west-1:111122223333:key/Key`,
	} {
		var decoded any
		if err := json.Unmarshal([]byte(expression), &decoded); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Text(decoded); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", expression, got, err, want)
		}
	}
	for _, expression := range []string{
		`{"Ref": "Unknown"}`, `{"Ref": ["Role"]}`, `{"Fn::GetAtt": ["Role", "RoleId"]}`, `{"Fn::GetAtt": ["Role"]}`,
		`{"Fn::If": ["C", "a", "b"]}`, `{"Fn::Select": [0, ["a"]]}`, `{"Fn::ImportValue": "unknown"}`,
		`{"Fn::Join": ["", {"Ref": "Role"}]}`, `{"Fn::Sub": "${Unknown}"}`, `{"Fn::Sub": "${Role"}`, `["a"]`, `1`,
	} {
		var decoded any
		if err := json.Unmarshal([]byte(expression), &decoded); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Text(decoded); err == nil {
			t.Errorf("%s: got %q, want an error", expression, got)
		}
	}
}

const deployed = `{"Resources": {
	"Reader": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]},
		"Policies": [{"PolicyName": "inline", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "a:Inline", "Resource": {"Ref": "Secret"}}]}}]}},
	"Policy": {"Type": "AWS::IAM::Policy", "Properties": {
		"Roles": [{"Ref": "Reader"}, "imported"],
		"PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "a:Attached", "Resource": {"Ref": "Secret"}}}}},
	"Other": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {
		"Users": ["reader"], "Roles": ["another"],
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a:Other", "Resource": {"Ref": "Secret"}}]}}},
	"Secret": {"Type": "AWS::SecretsManager::Secret"},
	"SecretPolicy": {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {
		"SecretId": {"Ref": "Secret"},
		"ResourcePolicy": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "a:ByResource", "Resource": "*", "Principal": {"AWS": {"Fn::GetAtt": ["Reader", "Arn"]}}}]}}},
	"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::111122223333:root"]]}}}]}}}
}}`

func TestAddStack(t *testing.T) {
	const (
		role      = "arn:aws:iam::111122223333:role/Reader"
		imported  = "arn:aws:iam::111122223333:role/with/a/path/imported"
		elsewhere = "arn:aws:iam::444455556666:role/imported"
		secret    = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Secret-AbCdEf"
		key       = "arn:aws:kms:eu-west-1:111122223333:key/Key"
	)
	var w iameval.World
	if err := w.AddStack(iameval.NewStack(template(t, deployed), ireland, nil), imported, elsewhere); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		principal, action, resource string
		want                        bool
	}{
		{role, "a:Inline", secret, true},
		{role, "a:Attached", secret, true},
		{role, "a:ByResource", secret, true},
		{role, "a:Other", secret, false},
		{imported, "a:Attached", secret, true},
		{imported, "a:Inline", secret, false},
		{imported, "a:ByResource", secret, false},
		{elsewhere, "a:Attached", secret, false},
		{role, "kms:Decrypt", key, false}, // the key leaves it to the identity, which has nothing
		{"lambda.amazonaws.com", "sts:AssumeRole", role, true},
		{"ecs.amazonaws.com", "sts:AssumeRole", role, false},
		{imported, "sts:AssumeRole", role, false},
	} {
		got, err := w.Allowed(iameval.Request{Principal: c.principal, Action: c.action, Resource: c.resource})
		if err != nil || got != c.want {
			t.Errorf("%s %s %s: got %v, %v", c.principal, c.action, c.resource, got, err)
		}
	}
}

func TestUnknownPoliciesAreErrors(t *testing.T) {
	for _, property := range []string{`"ManagedPolicyArns": ["x"]`, `"PermissionsBoundary": "x"`} {
		s := iameval.NewStack(template(t, `{"Resources": {"Reader": {"Type": "AWS::IAM::Role", "Properties": {`+property+`}}}}`), ireland, nil)
		if _, err := s.Identity("arn:aws:iam::111122223333:role/Reader"); err == nil {
			t.Errorf("no error for %s", property)
		}
	}
}
