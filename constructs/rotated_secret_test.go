package constructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
)

const rotationSchedule = "AWS::SecretsManager::RotationSchedule"

// newRotator is a rotation function.
func newRotator(stack awscdk.Stack) awslambda.Function {
	return awslambda.NewFunction(stack, new("Rotate"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.handler"), Code: awslambda.Code_FromInline(new("pass")),
	})
}

// newDatabase is a database in a network of its own.
func newDatabase(stack awscdk.Stack) (awsrds.DatabaseInstance, awsec2.IVpc) {
	vpc := awsec2.NewVpc(stack, new("Vpc"), nil)
	return awsrds.NewDatabaseInstance(stack, new("Database"), &awsrds.DatabaseInstanceProps{
		Engine: awsrds.DatabaseInstanceEngine_Mysql(&awsrds.MySqlInstanceEngineProps{Version: awsrds.MysqlEngineVersion_VER_8_4_7()}),
		Vpc:    vpc,
	}), vpc
}

// A rotation function of one's own can do what its steps take, with the key in
// any place, and a reader can read.
func TestRotationFunction(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, keyIs := range []string{"none", "beside", "elsewhere", "imported", "of the SOPS secret"} {
		t.Run(keyIs, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack := at(app, "S", account, ireland)
			stacks := []awscdk.Stack{stack}
			var key awskms.IKey
			switch keyIs {
			case "beside", "of the SOPS secret":
				key = awskms.NewKey(stack, new("Key"), nil)
			case "elsewhere":
				stacks = []awscdk.Stack{at(app, "K", account, ireland), stack}
				key = awskms.NewKey(stacks[0], new("Key"), nil)
			case "imported":
				key = awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			}
			function := newRotator(stack)
			props := &sopsconstructs.RotatedSecretProps{RotationFunction: function, EncryptionKey: key, AutomaticallyAfter: awscdk.Duration_Days(jsii.Number(7))}
			var rotated *sopsconstructs.RotatedSecret
			if keyIs == "of the SOPS secret" {
				props.EncryptionKey = nil
				rotated = newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: key}).AddRotatedSecret("Rotated", props)
			} else {
				rotated = sopsconstructs.NewRotatedSecret(stack, "Rotated", props)
			}
			role := newRole(stack)
			rotated.GrantRead(role, "AWSCURRENT").AssertSuccess()

			w := worldOf(t, stacks)
			on := target{secret: w.text(t, stack, rotated.Secret().SecretArn()), region: ireland}
			via := []string{"kms:ViaService", "secretsmanager.eu-west-1.amazonaws.com"}
			switch keyIs {
			case "none":
			case "imported":
				on.key = keyOfSecret
				w.AddResource(on.key, account, keyPolicy(t))
			default:
				on.key = w.text(t, stacks[0], key.KeyArn())
			}
			rotator, reader := w.text(t, stack, function.Role().RoleArn()), w.text(t, stack, role.RoleArn())
			if got := w.reads(t, rotator, on); got != on.readsAll() {
				t.Errorf("the function can %q, want %q", got, on.readsAll())
			}
			if got := w.reads(t, reader, on, "secretsmanager:VersionStage", "AWSCURRENT"); got != on.readsAll() {
				t.Errorf("the reader can %q, want %q", got, on.readsAll())
			}
			for action, want := range map[string]bool{"PutSecretValue": true, "UpdateSecretVersionStage": true, "DeleteSecret": false} {
				if got := w.may(t, rotator, "secretsmanager:"+action, on.secret); got != want {
					t.Errorf("the function, %s: got %v", action, got)
				}
				if w.may(t, reader, "secretsmanager:"+action, on.secret) {
					t.Errorf("the reader may %s", action)
				}
			}
			if on.key != "" && !w.may(t, rotator, "kms:GenerateDataKey", on.key, via...) {
				t.Error("the function cannot encrypt")
			}
			if got := text(only(t, stack, rotationSchedule).Properties); !strings.Contains(got, `"rate(7 days)"`) || !strings.Contains(got, `"RotationLambdaARN"`) {
				t.Errorf("schedule: got %s", got)
			}
			if got := text(only(t, stack, "AWS::Lambda::Permission").Properties); !strings.Contains(got, `"Principal":"secretsmanager.amazonaws.com"`) {
				t.Errorf("permission: got %s", got)
			}
		})
	}
}

// Hosted and database rotation, with the database's connection in the secret.
func TestRotationByAWS(t *testing.T) {
	openable(t)
	for name, c := range map[string]struct {
		way  func(*sopsconstructs.RotatedSecretProps, awsrds.DatabaseInstance, awsec2.IVpc)
		kind string
		want []string
	}{
		"hosted": {func(p *sopsconstructs.RotatedSecretProps, _ awsrds.DatabaseInstance, vpc awsec2.IVpc) {
			p.HostedRotation = awssecretsmanager.HostedRotation_MysqlSingleUser(&awssecretsmanager.SingleUserHostedRotationOptions{Vpc: vpc})
		}, rotationSchedule, []string{`"RotationType":"MySQLSingleUser"`, `"KmsKeyArn":`, `"rate(30 days)"`}},
		"hosted, many users": {func(p *sopsconstructs.RotatedSecretProps, database awsrds.DatabaseInstance, vpc awsec2.IVpc) {
			p.HostedRotation = awssecretsmanager.HostedRotation_MysqlMultiUser(&awssecretsmanager.MultiUserHostedRotationOptions{Vpc: vpc, MasterSecret: database.Secret()})
		}, rotationSchedule, []string{`"RotationType":"MySQLMultiUser"`, `"MasterSecretArn":`, `"KmsKeyArn":`}},
		"database": {func(p *sopsconstructs.RotatedSecretProps, database awsrds.DatabaseInstance, vpc awsec2.IVpc) {
			p.DatabaseRotation = &awssecretsmanager.SecretRotationProps{
				Application: awssecretsmanager.SecretRotationApplication_MYSQL_ROTATION_SINGLE_USER(), Target: database, Vpc: vpc,
			}
		}, "AWS::Serverless::Application", []string{`"kmsKeyArn":`, `"vpcSubnetIds"`}},
		"database, many users": {func(p *sopsconstructs.RotatedSecretProps, database awsrds.DatabaseInstance, vpc awsec2.IVpc) {
			p.DatabaseRotation = &awssecretsmanager.SecretRotationProps{
				Application:  awssecretsmanager.SecretRotationApplication_MYSQL_ROTATION_MULTI_USER(),
				MasterSecret: database.Secret(), Target: database, Vpc: vpc,
			}
		}, "AWS::Serverless::Application", []string{`"kmsKeyArn":`, `"masterSecretArn":`}},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(nil)
			database, vpc := newDatabase(stack)
			props := &sopsconstructs.RotatedSecretProps{AttachTo: database, EncryptionKey: awskms.NewKey(stack, new("Key"), nil)}
			c.way(props, database, vpc)
			rotated := sopsconstructs.NewRotatedSecret(stack, "Rotated", props)
			if rotated.Secret() == nil {
				t.Error("no secret")
			}
			got := text(only(t, stack, c.kind).Properties)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %s\nwant %s in it", got, want)
				}
			}
			for _, attachment := range resources(t, stack, "AWS::SecretsManager::SecretTargetAttachment") {
				if strings.HasPrefix(attachment.ID, "Rotated") && strings.Contains(text(only(t, stack, rotationSchedule).Properties["SecretId"]), attachment.ID) {
					return
				}
			}
			t.Error("the rotation does not wait for the attachment")
		})
	}
}

func TestRotatedSecretMisuse(t *testing.T) {
	openable(t)
	stack := newStack(nil)
	hosted := awssecretsmanager.HostedRotation_MysqlSingleUser(nil)
	const prefix = `constructs: RotatedSecret "S/`
	const one = `it takes exactly one of HostedRotation, RotationFunction and DatabaseRotation`
	for id, c := range map[string]struct {
		props *sopsconstructs.RotatedSecretProps
		want  string
	}{
		"A": {nil, one},
		"B": {&sopsconstructs.RotatedSecretProps{}, one},
		"C": {&sopsconstructs.RotatedSecretProps{HostedRotation: hosted, RotationFunction: newRotator(stack)}, one},
		"D": {&sopsconstructs.RotatedSecretProps{HostedRotation: hosted, DatabaseRotation: &awssecretsmanager.SecretRotationProps{}}, one},
		"E": {&sopsconstructs.RotatedSecretProps{DatabaseRotation: &awssecretsmanager.SecretRotationProps{AutomaticallyAfter: awscdk.Duration_Days(jsii.Number(1))}},
			"Secret and AutomaticallyAfter of DatabaseRotation are those of this construct; leave them out"},
		"F": {&sopsconstructs.RotatedSecretProps{HostedRotation: hosted, EncryptionKeyPolicyElsewhere: true},
			"EncryptionKeyPolicyElsewhere without EncryptionKey says nothing; pass the key, or remove it"},
	} {
		if got, want := panicOf(t, func() { sopsconstructs.NewRotatedSecret(stack, id, c.props) }), prefix+id+`": `+c.want; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// What an imported function lacks is in a warning, and with its role known, the
// rights are added there.
func TestImportedRotationFunction(t *testing.T) {
	openable(t)
	const functionARN = "arn:aws:lambda:eu-west-1:" + account + ":function:rotate"
	const call = `to the policy of the function:
{
  "Action": "lambda:InvokeFunction",
  "Condition": {
    "StringEquals": {
      "aws:SourceAccount": "` + account + `"
    }
  },
  "Effect": "Allow",
  "Principal": {
    "Service": "secretsmanager.amazonaws.com"
  },
  "Resource": "` + functionARN + `"
}`
	const set = `to the policy of the function's role:
{
  "Action": [
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage"
  ],
  "Effect": "Allow",
  "Resource": "SECRET"
}
to the policy of the function's role:
{
  "Action": "secretsmanager:GetRandomPassword",
  "Effect": "Allow",
  "Resource": "*"
}`
	const viaKey = `"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"
    }
  },
  "Effect": "Allow",
  "Resource": "` + keyOfSecret + `",`
	const named = "arn:aws:secretsmanager:eu-west-1:" + account + ":secret:a_name-??????"
	for name, c := range map[string]struct {
		name           string
		key, role      bool
		alias          bool // made here, of a function that is not
		want, mustMiss []string
	}{
		"no key":   {want: []string{call, strings.ReplaceAll(set, "SECRET", "${Rotated66B5F5EB}")}, mustMiss: []string{"kms:"}},
		"a name":   {name: "a_name", want: []string{call, strings.ReplaceAll(set, "SECRET", named)}},
		"a key":    {key: true, want: []string{call, `"kms:Decrypt"`, `"kms:GenerateDataKey"`, viaKey}},
		"a role":   {key: true, role: true, want: []string{call}, mustMiss: []string{"function's role", "kms:"}},
		"an alias": {name: "a_name", alias: true, want: []string{strings.ReplaceAll(set, "SECRET", strings.Replace(named, "arn:aws:", "arn:${AWS::Partition}:", 1))}, mustMiss: []string{"lambda:"}},
	} {
		t.Run(name, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack := at(app, "S", account, ireland)
			attributes := &awslambda.FunctionAttributes{FunctionArn: new(functionARN)}
			const roleARN = "arn:aws:iam::" + account + ":role/rotator"
			if c.role {
				attributes.Role = awsiam.Role_FromRoleArn(stack, new("Role"), new(roleARN), nil)
			}
			function := awslambda.Function_FromFunctionAttributes(stack, new("Rotate"), attributes)
			if c.alias {
				version := awslambda.Version_FromVersionArn(stack, new("Version"), new(functionARN+":1"))
				function = awslambda.NewAlias(stack, new("Alias"), &awslambda.AliasProps{AliasName: new("live"), Version: version})
			}
			props := &sopsconstructs.RotatedSecretProps{RotationFunction: function, SecretName: c.name}
			if c.key {
				props.EncryptionKey = awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			}
			rotated := sopsconstructs.NewRotatedSecret(stack, "Rotated", props)
			got := warnings(stack)
			if len(got) != 1 {
				t.Fatalf("got %d warnings: %q", len(got), got)
			}
			for _, want := range c.want {
				if !strings.Contains(got[0], want) {
					t.Errorf("got\n%s\nwant in it\n%s", got[0], want)
				}
			}
			for _, miss := range c.mustMiss {
				if strings.Contains(got[0], miss) {
					t.Errorf("got\n%s\nwith %q", got[0], miss)
				}
			}
			if !c.role {
				return
			}
			got = nil
			for _, policy := range resources(t, stack, "AWS::IAM::Policy") {
				got = append(got, text(policy.Properties))
			}
			secret := text(awscdk.Stack_Of(stack).Resolve(rotated.Secret().SecretArn()))
			for _, want := range []string{"secretsmanager:PutSecretValue", "secretsmanager:GetRandomPassword", "kms:GenerateDataKey", secret, `"rotator"`} {
				if !strings.Contains(strings.Join(got, "\n"), want) {
					t.Errorf("the role's policy: got %s\nwant %s in it", got, want)
				}
			}
		})
	}
}

// A function of another stack is refused, before the CDK finds a circle; one that
// is imported there is not.
func TestRotationFunctionOfAnotherStack(t *testing.T) {
	openable(t)
	app := awscdk.NewApp(nil)
	stack, other := at(app, "S", account, ireland), at(app, "F", account, ireland)
	function := newRotator(other)
	got := panicOf(t, func() {
		sopsconstructs.NewRotatedSecret(stack, "A", &sopsconstructs.RotatedSecretProps{RotationFunction: function})
	})
	const want = `constructs: RotatedSecret "S/A": RotationFunction "F/Rotate" is of another stack; make the RotatedSecret in the function's stack with NewRotatedSecret, since the two would depend on each other in a circle`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	// The way out, with the key of the SOPS secret in its stack.
	app = awscdk.NewApp(nil)
	stack, other = at(app, "S", account, ireland), at(app, "F", account, ireland)
	write(t, "x.sops.json", standard(clear))
	key := awskms.NewKey(stack, new("Key"), nil)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: key})
	sopsconstructs.NewRotatedSecret(other, "Rotated", &sopsconstructs.RotatedSecretProps{RotationFunction: newRotator(other), EncryptionKey: key})
	imported := awslambda.Function_FromFunctionArn(stack, new("Imported"), new("arn:aws:lambda:eu-west-1:"+account+":function:rotate"))
	sopsconstructs.NewRotatedSecret(other, "Other", &sopsconstructs.RotatedSecretProps{RotationFunction: imported})
	app.Synth(nil)
}

// A reader of another account, with a key whose policy is elsewhere: said of the
// secret, or of the SOPS secret whose key it is.
func TestRotatedSecretKeyPolicyElsewhere(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	for _, said := range []string{"nowhere", "of the secret", "of the SOPS secret", "of the SOPS secret, and another key", "of the child"} {
		t.Run(said, func(t *testing.T) {
			app := awscdk.NewApp(nil)
			stack := at(app, "S", account, ireland)
			key := awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			props := &sopsconstructs.RotatedSecretProps{RotationFunction: newRotator(stack)}
			var rotated *sopsconstructs.RotatedSecret
			switch said {
			case "nowhere", "of the secret":
				props.EncryptionKey, props.EncryptionKeyPolicyElsewhere = key, said == "of the secret"
				rotated = sopsconstructs.NewRotatedSecret(stack, "Rotated", props)
			default:
				if strings.HasSuffix(said, "another key") {
					props.EncryptionKey = awskms.Key_FromKeyArn(stack, new("Another"), new(strings.Replace(keyOfSecret, account+":key/", account+":key/another-", 1)))
				}
				props.EncryptionKeyPolicyElsewhere = said == "of the child"
				rotated = newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{
					SopsFilePath: "x.sops.json", EncryptionKey: key, EncryptionKeyPolicyElsewhere: said != "of the child",
				}).AddRotatedSecret("Rotated", props)
			}
			grant := func() { rotated.GrantRead(awsiam.NewAccountPrincipal(new(otherAccount))) }
			if said == "nowhere" || strings.HasSuffix(said, "another key") {
				if got := panicOf(t, grant); !strings.Contains(got, "set EncryptionKeyPolicyElsewhere") {
					t.Errorf("got %s", got)
				}
				return
			}
			grant()
		})
	}
}
