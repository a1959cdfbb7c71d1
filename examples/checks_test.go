package examples_test

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

func checkCrossAccount(t *testing.T, a *assembly) {
	w := a.deploy(t, "Owner", "Reader")
	secret, key := w.arn(t, "Owner", secretType, "Credentials"), w.arn(t, "Owner", keyType, "Key")
	w.reads(t, true, w.arn(t, "Reader", roleType, "Role"), secret, key, ireland)

	// Whoever else may do everything by its own policies: in the account that was
	// granted it is enough, in a third one it is not.
	all, err := iameval.ParseIdentity(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{
		"Effect": "Allow", "Action": "*", "Resource": "*",
		"Condition": map[string]any{"StringEqualsIfExists": map[string]any{"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for principal, want := range map[string]bool{
		"arn:aws:iam::777788889999:role/reader": true, "arn:aws:iam::123456789012:role/reader": false,
	} {
		w.AddIdentity(principal, all)
		w.reads(t, want, principal, secret, key, ireland)
	}
	const stranger = "arn:aws:iam::777788889999:role/stranger"
	w.AddIdentity(stranger)
	w.reads(t, false, stranger, secret, key, ireland)

	const administrator = "arn:aws:iam::111122223333:role/administrator"
	w.AddIdentity(administrator, all)
	if w.may(t, administrator, "secretsmanager:DeleteSecret", secret) {
		t.Error("the secret can be deleted, in spite of DenyAccountRootDelete")
	}
}

func checkRotation(t *testing.T, a *assembly) {
	w := a.deploy(t, "Rotation")
	tm := w.templates["Rotation"]
	schedule := tm.properties(t, rotationSchedule, "")
	generated := tm.find(t, secretType, "ServicePassword")
	if !strings.Contains(schedule, `"ScheduleExpression":"rate(15 days)"`) || !strings.Contains(schedule, `"SecretId":{"Ref":"`+generated+`"}`) {
		t.Errorf("schedule: got %s", schedule)
	}
	if permission := tm.properties(t, "AWS::Lambda::Permission", "Rotate"); !strings.Contains(permission, `"Principal":"secretsmanager.amazonaws.com"`) {
		t.Errorf("permission: got %s", permission)
	}
	sops := tm.find(t, secretType, "Credentials")
	key := w.arn(t, "Rotation", keyType, "Key")
	rotator, service := w.arn(t, "Rotation", roleType, "Rotate"), w.arn(t, "Rotation", roleType, "ServiceServiceRole")
	rotated, fromFile := w.arn(t, "Rotation", secretType, generated), w.arn(t, "Rotation", secretType, sops)
	w.reads(t, true, rotator, rotated, key, ireland)
	w.reads(t, true, service, rotated, key, ireland)
	w.reads(t, true, service, fromFile, key, ireland)
	for principal, want := range map[string]bool{rotator: true, service: false} {
		for _, action := range []string{"secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"} {
			if w.may(t, principal, action, rotated) != want {
				t.Errorf("%s: %s is not %v", principal, action, want)
			}
			if w.may(t, principal, action, fromFile) {
				t.Errorf("%s may write what git owns", principal)
			}
		}
	}
	if !w.may(t, rotator, "kms:GenerateDataKey", key, "kms:ViaService", "secretsmanager.eu-west-1.amazonaws.com") {
		t.Error("the rotation function cannot encrypt")
	}
}

func checkHostedRotation(t *testing.T, a *assembly) {
	tm := a.template(t, "HostedRotation")
	if transform := text(tm.decoded["Transform"]); !strings.Contains(transform, "AWS::SecretsManager-") {
		t.Errorf("transform: got %s", transform)
	}
	attachment := tm.find(t, "AWS::SecretsManager::SecretTargetAttachment", "ReportsUser")
	schedule := tm.properties(t, rotationSchedule, "ReportsUser")
	for _, want := range []string{`"RotationType":"MySQLSingleUser"`, `"SecretId":{"Ref":"` + attachment + `"}`, `"rate(30 days)"`, `"VpcSecurityGroupIds"`} {
		if !strings.Contains(schedule, want) {
			t.Errorf("schedule: got %s, want %s in it", schedule, want)
		}
	}
	if got := tm.properties(t, "AWS::EC2::SecurityGroupIngress", "DatabaseSecurityGroup"); !strings.Contains(got, "ReportsUserAttachmentRotationSecurityGroup") {
		t.Errorf("the database does not let the function in: %s", got)
	}
}

func checkDatabaseRotation(t *testing.T, a *assembly) {
	tm := a.template(t, "DatabaseRotation")
	admin := tm.find(t, "AWS::SecretsManager::SecretTargetAttachment", "DatabaseSecretAttachment")
	application := tm.find(t, "AWS::SecretsManager::SecretTargetAttachment", "ApplicationUser")
	for prefix, want := range map[string][]string{
		"Database":    {`"SecretId":{"Ref":"` + admin + `"}`, `rate(30 days)`, `"AdminRotation`},
		"Application": {`"SecretId":{"Ref":"` + application + `"}`, `rate(7 days)`, `"ApplicationRotation`},
	} {
		schedule := tm.properties(t, rotationSchedule, prefix)
		for _, part := range want {
			if !strings.Contains(schedule, part) {
				t.Errorf("schedule: got %s, want %s in it", schedule, part)
			}
		}
	}
	master := `"masterSecretArn":{"Ref":"` + admin + `"}`
	if got := tm.properties(t, "AWS::Serverless::Application", "AdminRotation"); strings.Contains(got, "masterSecretArn") {
		t.Errorf("single user: got %s", got)
	}
	if got := tm.properties(t, "AWS::Serverless::Application", "ApplicationRotation"); !strings.Contains(got, master) {
		t.Errorf("multi user: got %s, want %s in it", got, master)
	}
	if got := tm.properties(t, secretType, "ApplicationUser"); !strings.Contains(got, `masterarn`) {
		t.Errorf("the application's secret does not name the administrator's: %s", got)
	}
}

func checkReplication(t *testing.T, a *assembly) {
	const (
		replica    = "arn:aws:secretsmanager:us-east-1:111122223333:secret:replicated_credentials-AbCdEf"
		replicaKey = "arn:aws:kms:us-east-1:111122223333:key/5d0f7c1e-93a4-4f1c-8b6e-2c7a90e4d3b1"
	)
	w := a.deploy(t, "Primary", "ReaderInTheUS")
	got := w.templates["Primary"].properties(t, secretType, "Credentials")
	if want := `"ReplicaRegions":[{"KmsKeyId":"` + replicaKey + `","Region":"us-east-1"},{"Region":"eu-central-1"}]`; !strings.Contains(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
	w.AddResource(replica, "111122223333", nil)
	w.AddResource(replicaKey, "111122223333", accountPolicy(t))
	reader := w.arn(t, "ReaderInTheUS", roleType, "Role")
	w.reads(t, true, reader, replica, replicaKey, "us-east-1")
	w.reads(t, false, reader, w.arn(t, "Primary", secretType, "Credentials"), w.arn(t, "Primary", keyType, "Key"), ireland)
}

func checkPipeline(t *testing.T, a *assembly) {
	w := a.deploy(t, "Secrets", "Pipeline")
	tm := w.templates["Pipeline"]
	secret, key := w.arn(t, "Secrets", secretType, "Credentials"), w.arn(t, "Secrets", keyType, "Key")
	w.reads(t, true, w.arn(t, "Pipeline", roleType, "BuildRole"), secret, key, ireland)
	for _, other := range []string{"PipelineRole", "PipelineBuildCodePipelineActionRole"} {
		w.reads(t, false, w.arn(t, "Pipeline", roleType, other), secret, key, ireland)
	}
	project := tm.Resources[tm.find(t, "AWS::CodeBuild::Project", "Build")].Properties["Environment"]
	variables := project.(map[string]any)["EnvironmentVariables"].([]any)
	variable := variables[0].(map[string]any)
	if value, err := w.stacks["Pipeline"].Text(variable["Value"]); err != nil || value != secret+":my_api_key" || variable["Type"] != "SECRETS_MANAGER" {
		t.Errorf("project: got %s, %v", text(variable), err)
	}
	stages := tm.Resources[tm.find(t, "AWS::CodePipeline::Pipeline", "Pipeline")].Properties["Stages"].([]any)
	action := stages[1].(map[string]any)["Actions"].([]any)[0].(map[string]any)["Configuration"].(map[string]any)
	want := `[{"name":"SMTP_PASSWORD","type":"SECRETS_MANAGER","value":"` + secret + `:smtp.password"}]`
	if got, err := w.stacks["Pipeline"].Text(action["EnvironmentVariables"]); err != nil || got != want {
		t.Errorf("action: got %s, %v\nwant %s", got, err, want)
	}
}

func checkECS(t *testing.T, a *assembly) {
	w := a.deploy(t, "Keys", "Service")
	tm := w.templates["Service"]
	secret, key := w.arn(t, "Service", secretType, "Credentials"), w.arn(t, "Keys", keyType, "Key")
	w.reads(t, true, w.arn(t, "Service", roleType, "TaskExecutionRole"), secret, key, ireland)
	w.reads(t, false, w.arn(t, "Service", roleType, "TaskTaskRole"), secret, key, ireland)
	sync := tm.find(t, syncprotocol.ResourceType, "Credentials")
	containers := tm.properties(t, "AWS::ECS::TaskDefinition", "Task")
	for _, name := range []string{"my_api_key", "smtp.password"} {
		want := `"ValueFrom":{"Fn::Join":["",[{"Fn::GetAtt":["` + sync + `","Arn"]},":` + name + `::",{"Fn::GetAtt":["` + sync + `","VersionId"]}]]}`
		if !strings.Contains(containers, want) {
			t.Errorf("got %s\nwant %s", containers, want)
		}
	}
}

func checkLambda(t *testing.T, a *assembly) {
	w := a.deploy(t, "Lambda")
	tm := w.templates["Lambda"]
	secret := w.arn(t, "Lambda", secretType, "Credentials")
	function := w.arn(t, "Lambda", roleType, "FunctionServiceRole")
	w.reads(t, true, function, secret, "", ireland)
	for _, stage := range [][]string{nil, {"secretsmanager:VersionStage", "AWSPREVIOUS"}} {
		if w.may(t, function, "secretsmanager:GetSecretValue", secret, stage...) {
			t.Errorf("the function may read the stage %q", stage)
		}
	}
	sync := tm.find(t, syncprotocol.ResourceType, "Credentials")
	settings := tm.properties(t, secretType, "Settings")
	for _, want := range []string{
		`"Fn::Sub":["mysql://{{resolve:secretsmanager:${User}}}:{{resolve:secretsmanager:${Password}}}@db.example.com"`,
		`"Password":{"Fn::Join":["",[{"Fn::GetAtt":["` + sync + `","Arn"]},":SecretString:database.password::",{"Fn::GetAtt":["` + sync + `","VersionId"]}]]}`,
	} {
		if !strings.Contains(settings, want) {
			t.Errorf("got %s\nwant %s in it", settings, want)
		}
	}
}
