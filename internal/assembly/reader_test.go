package assembly_test

import (
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

func TestReaderWithoutDecrypt(t *testing.T) {
	const get = "secretsmanager:GetSecretValue"
	arn := attribute("Sync", "Arn")
	read := allow(list{get, "secretsmanager:DescribeSecret"}, arn)
	key := func(statements ...any) object {
		return object{"Key": resource("AWS::KMS::Key", object{"KeyPolicy": document(statements...)})}
	}
	root := with(allow("kms:*", "*"), object{"Principal": object{"AWS": join("arn:", ref("AWS::Partition"), ":iam::111122223333:root")}})
	to := func(principal any) object {
		return with(allow(list{"kms:Decrypt", "kms:DescribeKey"}, "*"), object{"Principal": principal})
	}
	byARN := filled(object{"KmsKeyId": keyEU})
	own := with(filled(object{"KmsKeyId": attribute("Key", "Arn")}), key(root))
	another := func(kind string, holders object, on any) object {
		return object{"Further": resource(kind, with(holders, object{"PolicyDocument": document(allow("kms:Decrypt", on))}))}
	}
	readerRole := object{"Roles": list{ref("Reader")}}
	alias := with(filled(object{"KmsKeyId": "alias/mine"}), key(root), object{"Alias": resource("AWS::KMS::Alias", object{"AliasName": "alias/mine", "TargetKeyId": attribute("Key", "Arn")})})
	imported := []assembly.Known{{ConstructPath: "S/Imported", ARN: arns + "by-name-??????", KeyARN: keyEU}}
	importedOwnKey := []assembly.Known{{ConstructPath: "S/Imported", StackPath: "S", ARN: arns + "by-name-??????", KeyARN: attribute("Key", "Arn")}}
	byName := allow(get, arns+"by-name-??????")
	for _, c := range []struct {
		name      string
		resources object
		known     []assembly.Known
		found     bool
	}{
		{"no key", with(filled(nil), policy(read)), nil, false},
		{"the key of AWS", with(filled(object{"KmsKeyId": "alias/aws/secretsmanager"}), policy(read)), nil, false},
		{"nothing", with(byARN, policy(read)), nil, true},
		{"does not read", with(byARN, policy(allow("secretsmanager:DescribeSecret", arn))), nil, false},
		{"reads all", with(byARN, policy(allow(get, "*"))), nil, false},
		{"reads with all rights", with(byARN, policy(allow("secretsmanager:*", arn))), nil, true},
		{"another key", with(byARN, policy(read, allow("kms:Decrypt", keyUS))), nil, true},
		{"the key", with(byARN, policy(read, allow("kms:Decrypt", keyEU))), nil, false},
		{"the key, other case", with(byARN, policy(read, allow("KMS:decr*", keyEU))), nil, false},
		{"the key, any partition", with(byARN, policy(read, allow("kms:Decrypt", join("arn:", ref("AWS::Partition"), keyEU[len("arn:aws"):])))), nil, false},
		{"the key, denied", with(byARN, policy(read, with(allow("kms:Decrypt", keyEU), object{"Effect": "Deny"}))), nil, true},
		{"encrypt", with(byARN, policy(read, allow("kms:Encrypt", keyEU))), nil, true},
		{"by its id", with(filled(object{"KmsKeyId": "1111aaaa-0000-4000-8000-000000000001"}), policy(read, allow("kms:Decrypt", keyEU))), nil, false},
		{"any", with(byARN, policy(read, allow("kms:Decrypt", "*"))), nil, false},
		{"any of a region", with(byARN, policy(read, with(allow("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/*"), object{"Condition": object{"StringEquals": object{"kms:RequestAlias": "alias/x"}}}))), nil, false},
		{"of this app", with(own, policy(read, allow("kms:Decrypt", attribute("Key", "Arn")))), nil, false},
		{"of this app, put together", with(own, policy(read, allow("kms:Decrypt", join("arn:aws:kms:eu-west-1:111122223333:key/", ref("Key"))))), nil, false},
		{"of this app by Ref", with(filled(object{"KmsKeyId": ref("Key")}), key(root), policy(read, allow("kms:Decrypt", attribute("Key", "Arn")))), nil, false},
		{"of this app, other one", with(own, policy(read, allow("kms:Decrypt", keyUS))), nil, true},
		{"of this app, its policy", with(own, key(root, to(object{"AWS": attribute("Reader", "Arn")})), policy(read)), nil, false},
		{"of this app, its policy for a list", with(own, key(root, to(object{"AWS": list{"arn:aws:iam::111122223333:root", attribute("Reader", "Arn")}})), policy(read)), nil, false},
		{"of this app, its policy for all", with(own, key(root, to(object{"AWS": "*"})), policy(read)), nil, false},
		{"of this app, its policy for another", with(own, key(root, to(object{"AWS": attribute("Other", "Arn")})), policy(read)), nil, true},
		{"of this app, its policy for a service", with(own, key(root, to(object{"Service": "*"})), policy(read)), nil, true},
		{"of this app, nothing", with(own, policy(read)), nil, true},
		{"alias", with(alias, policy(read)), nil, true},
		{"alias, the key", with(alias, policy(read, allow("kms:Decrypt", attribute("Key", "Arn")))), nil, false},
		{"alias, another key", with(alias, policy(read, allow("kms:Decrypt", keyUS))), nil, true},
		{"alias of another app", with(filled(object{"KmsKeyId": "alias/theirs"}), policy(read, allow("kms:Decrypt", keyUS))), nil, false},
		{"alias of another app, nothing", with(filled(object{"KmsKeyId": "alias/theirs"}), policy(read)), nil, true},
		{"another policy of the role", with(byARN, policy(read), another("AWS::IAM::Policy", readerRole, keyEU)), nil, false},
		{"another policy of the role, another key", with(byARN, policy(read), another("AWS::IAM::Policy", readerRole, keyUS)), nil, true},
		{"another policy of another role", with(byARN, policy(read), another("AWS::IAM::Policy", object{"Roles": list{ref("Other")}}, keyEU)), nil, true},
		{"a managed policy of the role", with(byARN, policy(read), another("AWS::IAM::ManagedPolicy", object{}, keyEU),
			object{"Reader": resource("AWS::IAM::Role", object{"ManagedPolicyArns": list{ref("Further")}})}), nil, false},
		{"an inline policy of the role", with(byARN, policy(read),
			object{"Reader": resource("AWS::IAM::Role", object{"Policies": list{object{"PolicyDocument": document(allow("kms:Decrypt", keyEU))}}})}), nil, false},
		{"a policy by the role's name", with(byARN, policy(read), another("AWS::IAM::RolePolicy", object{"RoleName": "reader"}, keyEU),
			object{"Reader": resource("AWS::IAM::Role", object{"RoleName": "reader"})}), nil, false},
		{"one of two roles", with(byARN, policy(read), another("AWS::IAM::Policy", readerRole, keyEU),
			object{"Policy": resource("AWS::IAM::Policy", object{"PolicyDocument": document(read), "Roles": list{ref("Reader"), ref("Other")}})}), nil, true},
		{"import, nothing", policy(byName), imported, true},
		{"import, the key", policy(byName, allow("kms:Decrypt", keyEU)), imported, false},
		{"import, the key's policy", with(key(to(object{"AWS": attribute("Reader", "Arn")})), policy(byName)), importedOwnKey, false},
		{"import, not in the key's policy", with(key(root), policy(byName)), importedOwnKey, true},
		{"target with the key of the construct", with(syncOf(arns+"by-name"), policy(byName)), imported, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := check(t, c.resources, c.known...)
			if !c.found {
				expect(t, got)
				return
			}
			expect(t, got, "reader-without-decrypt S.template.json Policy: may read the secret of \"S/")
		})
	}
}

// Key, secret and reader may be in three stacks.
func TestReaderInAnotherStack(t *testing.T) {
	keys := template(object{"Key": resource("AWS::KMS::Key", object{})})
	keys["Outputs"] = object{"K": export(attribute("Key", "Arn"), "K:Key")}
	home := template(filled(object{"KmsKeyId": importValue("K:Key")}))
	home["Outputs"] = object{"Out": export(attribute("Sync", "Arn"), "S:Arn")}
	read := allow("secretsmanager:GetSecretValue", importValue("S:Arn"))
	folder := assemblyOf(t, map[string]any{
		"K.template.json": keys, "S.template.json": home,
		"With.template.json": template(policy(read, allow("kms:Decrypt", importValue("K:Key")))), "Without.template.json": template(policy(read)),
	})
	got := checkStacks(t, nil, stack(folder, "K"), stack(folder, "S"), stack(folder, "With"), stack(folder, "Without"))
	expect(t, got, `reader-without-decrypt Without.template.json Policy: may read the secret of "S/Credentials", but not decrypt it`)
	if got[0].Fix != "call GrantRead of that construct with the same grantee" || got[0].Severity != assembly.Warning {
		t.Errorf("got %+v", got[0])
	}
}
