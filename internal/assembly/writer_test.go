package assembly_test

import (
	"reflect"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/assembly"
)

const put = "secretsmanager:PutSecretValue"

// Every finding says where it is and what to do.
func TestWriter(t *testing.T) {
	folder := assemblyOf(t, map[string]any{"S.template.json": template(with(filled(nil), policy(allow("s3:GetObject", "*"), allow(put, ref("X")), allow("secretsmanager:UpdateSecret", attribute("Sync", "Arn")))))})
	got := checkStacks(t, nil, stack(folder, "S"))
	want := []assembly.Finding{{
		Rule: "writer", Severity: assembly.Warning, TemplatePath: folder + "/S.template.json", LogicalID: "Policy",
		ConstructPath: "S/Reader/DefaultPolicy/Resource",
		Locations:     []string{"/Resources/Policy/Properties/PolicyDocument/Statement/1", "/Resources/Policy/Properties/PolicyDocument/Statement/2"},
		Description:   `may write the secret of "S/Credentials": its value comes from a file in git, and the next sync would undo what is written beside it`,
		Fix:           "change the file instead, or give the writer a secret of its own (awssecretsmanager.NewSecret)",
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Whatever a secret is referred to by, what would write it is found.
func TestWritersAreFoundByEveryReference(t *testing.T) {
	const complete = arns + "existing-AbCdEf"
	own := filled(nil)
	named := filled(object{"Name": "named"})
	byARN := syncOf(complete)
	byName := syncOf(join("arn:", ref("AWS::Partition"), ":secretsmanager:eu-west-1:111122223333:secret:by-name"))
	grant := func(on any) object { return policy(allow(put, on)) }
	rotate := func(id any) object {
		return object{"R": resource("AWS::SecretsManager::RotationSchedule", secretRef(id))}
	}
	attach := func(id any) object {
		return object{"R": resource("AWS::SecretsManager::SecretTargetAttachment", secretRef(id))}
	}
	resourcePolicy := func(id, action any) object {
		properties := secretRef(id)
		properties["ResourcePolicy"] = document(with(allow(action, "*"), object{"Principal": object{"AWS": "*"}}))
		return object{"R": resource("AWS::SecretsManager::ResourcePolicy", properties)}
	}
	inline := func(kind string) object {
		return object{"R": resource(kind, object{"Policies": list{object{"PolicyName": "p", "PolicyDocument": document(allow(put, attribute("Sync", "Arn")))}}})}
	}
	imported := []assembly.Known{{ConstructPath: "S/Imported", ARN: arns + "by-name-??????"}}
	importedByARN := []assembly.Known{{ConstructPath: "S/Imported", ARN: complete}}
	importedByParameter := []assembly.Known{{ConstructPath: "S/Imported", StackPath: "S", ARN: ref("P")}}
	const mayWrite, rotates, attaches = "writer S.template.json Policy: may write the secret of ", "writer S.template.json R: rotates the secret of ", "writer S.template.json R: attaches a target to the secret of "
	const credentials, elsewhere = `"S/Credentials": its value comes from a file in git, and the next sync would`, `"S/Imported": its value comes from a file in git where it is made, and the next sync there would`
	const inlined, others = "writer S.template.json R: may write the secret of ", "writer S.template.json R: lets others write the secret of "
	for _, c := range []struct {
		name          string
		secret, other object
		known         []assembly.Known
		want          string // "" is allowed
	}{
		{"attribute of the sync", own, grant(attribute("Sync", "Arn")), nil, mayWrite + credentials},
		{"attribute as text", own, grant(object{"Fn::GetAtt": "Sync.Arn"}), nil, mayWrite},
		{"attribute in Fn::Sub", own, grant(object{"Fn::Sub": "${Sync.Arn}"}), nil, mayWrite},
		{"attribute with a pattern", own, grant(join(attribute("Sync", "Arn"), "*")), nil, mayWrite},
		{"name of the sync", own, rotate(attribute("Sync", "Name")), nil, rotates},
		{"ARN from the name of the sync", own, grant(join(arns, attribute("Sync", "Name"), "-??????")), nil, mayWrite},
		{"underlying", own, grant(ref("X")), nil, mayWrite},
		{"underlying id", own, rotate(attribute("X", "Id")), nil, rotates},
		{"by name", named, grant(join("arn:", ref("AWS::Partition"), ":secretsmanager:", ref("AWS::Region"), ":", ref("AWS::AccountId"), ":secret:named-??????")), nil, mayWrite},
		{"by name, star", named, grant(arns + "named-*"), nil, mayWrite},
		{"by name, full ARN", named, grant(arns + "named-AbCdEf"), nil, mayWrite},
		{"bare name", named, rotate("named"), nil, rotates},
		{"target by ARN", byARN, grant(complete), nil, mayWrite},
		{"target by ARN, other partition", byARN, grant("arn:aws-cn" + complete[len("arn:aws"):]), nil, mayWrite},
		{"target by ARN, by its name", byARN, grant(arns + "existing-??????"), nil, mayWrite},
		{"target by ARN, rotation", byARN, rotate(complete), nil, rotates},
		{"target by name", byName, grant(arns + "by-name-??????"), nil, mayWrite},
		{"target by name, rotation", byName, rotate("by-name"), nil, rotates},
		{"import", nil, grant(arns + "by-name-??????"), imported, mayWrite + elsewhere},
		{"import, rotation", nil, rotate("by-name"), imported, rotates},
		{"import, attachment", nil, attach(arns + "by-name"), imported, attaches},
		{"import by ARN", nil, grant(complete), importedByARN, mayWrite},
		{"import by ARN, its name", nil, grant(arns + "existing-*"), importedByARN, mayWrite},
		{"import by ARN, rotation", nil, rotate(complete), importedByARN, rotates},
		{"import by parameter", nil, rotate(ref("P")), importedByParameter, rotates},
		{"import, neighbour", nil, grant(arns + "by-name-2-??????"), imported, ""},
		{"rotation", own, rotate(ref("X")), nil, rotates + credentials},
		{"attachment", own, attach(ref("X")), nil, attaches},
		{"resource policy", own, resourcePolicy(ref("X"), "secretsmanager:Put*"), nil, others},
		{"resource policy, read", own, resourcePolicy(ref("X"), "secretsmanager:Get*"), nil, ""},
		{"resource policy of another", own, resourcePolicy(ref("Y"), put), nil, ""},
		{"role", own, inline("AWS::IAM::Role"), nil, inlined},
		{"user", own, inline("AWS::IAM::User"), nil, inlined},
		{"group", own, inline("AWS::IAM::Group"), nil, inlined},
		{"managed policy", own, object{"R": resource("AWS::IAM::ManagedPolicy", object{"PolicyDocument": document(allow(put, ref("X")))})}, nil, inlined},
		{"policy of a role by name", own, object{"R": resource("AWS::IAM::RolePolicy", object{"RoleName": "r", "PolicyDocument": document(allow(put, ref("X")))})}, nil, inlined},
		{"without a sync", object{"X": at("S/Credentials/Resource", "AWS::SecretsManager::Secret", object{"Tags": list{object{"Key": "sops:file", "Value": "f"}}})},
			grant(ref("X")), nil, mayWrite + `"S/Credentials": its value comes from a file in git, and the next deploy of a change would`},
		{"not from a file", object{"X": at("S/Credentials/Resource", "AWS::SecretsManager::Secret", object{"Tags": list{object{"Key": "a", "Value": "f"}}})}, grant(ref("X")), nil, ""},
		{"without metadata", object{"X": resource("AWS::SecretsManager::Secret", nil), "Sync": resource("Custom::SopsSync", object{"Target": object{"SecretArn": ref("X")}})},
			grant(ref("X")), nil, mayWrite + `"Sync": `},
		{"another kind of target", object{"Sync": resource("Custom::SopsSync", object{"Target": object{"ParameterName": "p"}})}, grant(""), nil, ""},
		{"another secret", own, grant(ref("Y")), nil, ""},
		{"a word behind a hyphen", syncOf(arns + "my-secret"), grant(arns + "my-??????"), nil, ""},
		{"other region", named, grant("arn:aws:secretsmanager:us-east-1:111122223333:secret:named-??????"), nil, ""},
		{"other account", named, grant("arn:aws:secretsmanager:eu-west-1:444455556666:secret:named-??????"), nil, ""},
		{"longer name", named, grant(arns + "named-and-more-??????"), nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := check(t, with(c.secret, c.other), c.known...)
			if c.want == "" {
				expect(t, got)
			} else {
				expect(t, got, c.want)
			}
		})
	}
}

func TestStatements(t *testing.T) {
	x := ref("X")
	statement := func(fields object) object {
		return with(object{"Effect": "Allow", "Resource": x}, fields)
	}
	for _, c := range []struct {
		name      string
		statement any
		found     bool
	}{
		{"put", allow(put, x), true},
		{"update", allow("secretsmanager:UpdateSecret", x), true},
		{"rotate", allow("secretsmanager:RotateSecret", x), true},
		{"stage", allow("secretsmanager:UpdateSecretVersionStage", x), true},
		{"pattern, other case", allow("SecretsManager:put*", x), true},
		{"pattern with a question mark", allow("secretsmanager:Pu?SecretValue", x), true},
		{"lists", allow(list{"s3:GetObject", put}, list{"arn:aws:s3:::b/*", x}), true},
		{"read", allow("secretsmanager:Get*", x), false},
		{"describe", allow(list{"secretsmanager:DescribeSecret", "secretsmanager:UpdateSecretX"}, x), false},
		{"administrator", allow("*", "*"), false},
		{"administrator of the service", allow("secretsmanager:*", x), false},
		{"administrator of this secret", allow("*", x), false},
		{"administrator who also names it", allow(list{"secretsmanager:*", put}, x), false},
		{"all secrets", allow(put, "*"), false},
		{"secrets by a prefix", allow(put, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"), false},
		{"deny", statement(object{"Effect": "Deny", "Action": put}), false},
		{"NotAction", statement(object{"NotAction": "s3:*"}), false},
		{"NotResource", object{"Effect": "Allow", "Action": put, "NotResource": x}, false},
		{"no object", "statement", false},
		{"another Sid", statement(object{"Action": put, "Sid": "SopsSecretXYZ"}), true},
		{"the Sid of a function in another's policy", statement(object{"Action": put, "Sid": "SopsSecret6987D0B74E42"}), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := check(t, with(filled(nil), policy(c.statement))); (len(got) == 1) != c.found || len(got) > 1 {
				t.Errorf("got %+v", got)
			}
			alone := policy()
			alone["Policy"].(object)["Properties"].(object)["PolicyDocument"] = object{"Statement": c.statement}
			if got := check(t, with(filled(nil), alone)); (len(got) == 1) != c.found {
				t.Errorf("without a list: got %+v", got)
			}
		})
	}
}

// The function that fills a secret writes it.
func TestTheFunctionIsNoWriter(t *testing.T) {
	own := filled(nil)
	expect(t, check(t, own))

	managed := with(own)
	managed["FunctionPolicy"] = with(own["FunctionPolicy"].(object), object{"Type": "AWS::IAM::ManagedPolicy"})
	expect(t, check(t, managed))

	const roleARN = "arn:aws:iam::111122223333:role/path/given"
	given := with(own)
	given["Function"] = resource("AWS::Lambda::Function", object{"Role": roleARN})
	given["FunctionPolicy"].(object)["Properties"].(object)["Roles"] = list{"given"}
	expect(t, check(t, given))
	given["FunctionPolicy"].(object)["Properties"].(object)["Roles"] = list{"other"}
	expect(t, check(t, given), "writer S.template.json FunctionPolicy: may write")

	// Of a function outside the assembly the role is not known.
	outside := filled(nil)
	outside["Sync"].(object)["Properties"].(object)["ServiceToken"] = "arn:aws:lambda:eu-west-1:111122223333:function:f"
	expect(t, check(t, outside))
}
