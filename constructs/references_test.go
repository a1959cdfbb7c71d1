package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// besides is another stack of the same app and region.
func besides(stack awscdk.Stack, id string) awscdk.Stack {
	return awscdk.NewStack(stack.Node().Root().(awscdk.App), &id, &awscdk.StackProps{Env: &awscdk.Environment{Region: new("eu-west-1")}})
}

// consume makes a resource with this property.
func consume(stack awscdk.Stack, id string, value any) {
	awscdk.NewCfnResource(stack, &id, &awscdk.CfnResourceProps{Type: new("Test::Of::" + id), Properties: &map[string]any{"Value": value}})
}

// The version that the sync wrote is named inside the secret's own stack alone.
func TestVersionIsPinnedInTheSecretsOwnStack(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	other := besides(stack, "Other")
	s := newSecret(stack, "Credentials", fromX)
	key := s.Key("my_api_key")
	for _, in := range []awscdk.Stack{stack, other} {
		consume(in, "Value", key.SecretValue())
		consume(in, "FromJson", s.Secret().SecretValueFromJson(new("my_api_key")))
		consume(in, "Whole", s.Secret().SecretValue())
		consume(in, "Reference", awscdk.Fn_Sub(new("password={{resolve:secretsmanager:${P}}}"), &map[string]*string{"P": new(key.CfnDynamicReferenceKey())}))
	}
	sync := only(t, stack, syncprotocol.ResourceType).ID
	arn, version := `{"Fn::GetAtt":["`+sync+`","Arn"]}`, `{"Fn::GetAtt":["`+sync+`","VersionId"]}`
	for kind, want := range map[string]string{
		"Value":     `{"Fn::Join":["",["{{resolve:secretsmanager:",` + arn + `,":SecretString:my_api_key::",` + version + `,"}}"]]}`,
		"FromJson":  `{"Fn::Join":["",["{{resolve:secretsmanager:",` + arn + `,":SecretString:my_api_key::",` + version + `,"}}"]]}`,
		"Whole":     `{"Fn::Join":["",["{{resolve:secretsmanager:",` + arn + `,":SecretString:::",` + version + `,"}}"]]}`,
		"Reference": `{"Fn::Sub":["password={{resolve:secretsmanager:${P}}}",{"P":{"Fn::Join":["",[` + arn + `,":SecretString:my_api_key::",` + version + `]]}}]}`,
	} {
		if got := text(only(t, stack, "Test::Of::"+kind).Properties["Value"]); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", kind, got, want)
		}
		got := text(only(t, other, "Test::Of::"+kind).Properties["Value"])
		if strings.Contains(got, "VersionId") || !strings.Contains(got, "Fn::ImportValue") {
			t.Errorf("%s in another stack: got %s", kind, got)
		}
	}
	outputs := text((*assertions.Template_FromStack(stack, nil).ToJSON())["Outputs"])
	if strings.Contains(outputs, "VersionId") || !strings.Contains(outputs, `"Arn"`) {
		t.Errorf("exports: got %s, want the ARN and no version", outputs)
	}
}

func TestEcsSecret(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	encryptionKey := awskms.NewKey(besides(stack, "Keys"), new("Key"), nil)
	s := newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", EncryptionKey: encryptionKey})
	task := awsecs.NewFargateTaskDefinition(stack, new("Task"), nil)
	task.AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
		Image:   awsecs.ContainerImage_FromRegistry(new("example"), nil),
		Secrets: &map[string]awsecs.Secret{"API_KEY": s.Key("my_api_key").EcsSecret()},
	})
	sync := only(t, stack, syncprotocol.ResourceType).ID
	containers := text(only(t, stack, "AWS::ECS::TaskDefinition").Properties["ContainerDefinitions"])
	want := `"ValueFrom":{"Fn::Join":["",[{"Fn::GetAtt":["` + sync + `","Arn"]},":my_api_key::",{"Fn::GetAtt":["` + sync + `","VersionId"]}]]}`
	if !strings.Contains(containers, want) {
		t.Errorf("got %s\nwant %s", containers, want)
	}
	policies := text(resources(t, stack, "AWS::IAM::Policy"))
	if !strings.Contains(policies, `"kms:ViaService":"secretsmanager.eu-west-1.amazonaws.com"`) {
		t.Error("the execution role may not decrypt")
	}
}

// Tasks that keep what they started with are an option: the task definition then names no
// version, and does not change with the secret.
func TestEcsSecretKeepsTasks(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", fromX)
	imported := sopsconstructs.ImportSopsSecret(stack, "Imported", &sopsconstructs.ImportSopsSecretProps{SecretCompleteArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"})
	awsecs.NewFargateTaskDefinition(stack, new("Task"), nil).AddContainer(new("app"), &awsecs.ContainerDefinitionOptions{
		Image: awsecs.ContainerImage_FromRegistry(new("example"), nil),
		Secrets: &map[string]awsecs.Secret{
			"ALL": s.EcsSecret(sopsconstructs.EcsKeepTasks), "IMPORTED": imported.EcsSecret(sopsconstructs.EcsKeepTasks),
			"KEY": s.Key("my_api_key").EcsSecret(sopsconstructs.EcsKeepTasks), "NEW": s.Key("my_api_key").EcsSecret(sopsconstructs.EcsNewTasks),
		},
	})
	arn := `{"Fn::GetAtt":["` + only(t, stack, syncprotocol.ResourceType).ID + `","Arn"]}`
	got := text(only(t, stack, "AWS::ECS::TaskDefinition").Properties["ContainerDefinitions"])
	for _, want := range []string{
		`{"Name":"ALL","ValueFrom":` + arn + `}`, `{"Name":"KEY","ValueFrom":{"Fn::Join":["",[` + arn + `,":my_api_key::"]]}}`,
		`{"Name":"IMPORTED","ValueFrom":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
	if strings.Count(got, "VersionId") != 1 {
		t.Errorf("got %s, want one version, of NEW", got)
	}
	for want, misuse := range map[string]func(){
		`unknown EcsOnChange "restart"; use EcsNewTasks or EcsKeepTasks`: func() { s.Key("my_api_key").EcsSecret("restart") },
		`EcsSecret takes one EcsOnChange, and got 2`:                     func() { s.EcsSecret(sopsconstructs.EcsNewTasks, sopsconstructs.EcsKeepTasks) },
	} {
		if got := panicOf(t, misuse); got != `constructs: SopsSecret "S/Credentials": `+want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRdsCredentials(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"user": "demo-user", "password": "demo-value-one"}`))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", fromX)
	vpc := awsec2.NewVpc(stack, new("Vpc"), nil)
	awsrds.NewDatabaseInstance(stack, new("Database"), &awsrds.DatabaseInstanceProps{
		Engine:      awsrds.DatabaseInstanceEngine_Postgres(&awsrds.PostgresInstanceEngineProps{Version: awsrds.PostgresEngineVersion_VER_17()}),
		Vpc:         vpc,
		Credentials: s.RdsCredentials("user", "password"),
	})
	got := only(t, stack, "AWS::RDS::DBInstance").Properties
	if user := text(got["MasterUsername"]); !strings.Contains(user, ":SecretString:user::") || strings.Contains(user, "VersionId") {
		t.Errorf("user: %s; a version in it would replace the database at each sync", user)
	}
	if password := text(got["MasterUserPassword"]); !strings.Contains(password, ":SecretString:password::") || !strings.Contains(password, "VersionId") {
		t.Errorf("password: %s", password)
	}
}

// What would write the secret beside its file is an error, however it is asked for.
func TestWritersAreRefused(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"username": "u", "password": "p"}`))
	stack := newStack(nil)
	refusesWriters(t, stack, `SopsSecret "S/Credentials"`, newSecret(stack, "Credentials", fromX).Secret())
}

// The CDK asks for it through jsii, from within its own code.
func TestAttachByTheCDKIsRefused(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"username": "u", "password": "p"}`))
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", fromX)
	awsrds.NewDatabaseInstance(stack, new("Database"), &awsrds.DatabaseInstanceProps{
		Engine:      awsrds.DatabaseInstanceEngine_Postgres(&awsrds.PostgresInstanceEngineProps{Version: awsrds.PostgresEngineVersion_VER_17()}),
		Vpc:         awsec2.NewVpc(stack, new("Vpc"), nil),
		Credentials: awsrds.Credentials_FromSecret(s.Secret(), nil),
	})
	if got := strings.Join(errorsOf(stack), "\n"); !strings.Contains(got, `constructs: SopsSecret "S/Credentials": Attach would write`) || !strings.Contains(got, "RdsCredentials") {
		t.Errorf("got %s", got)
	}
}

func TestPlaintextTemplate(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(`{"a": "demo-value-one"}`))
	plain := sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", UnsafePlaintextInTemplate: true}
	stack := newStack(nil)
	s := newSecret(stack, "Credentials", plain)
	consume(stack, "Value", s.Key("a").SecretValue())
	if got, want := only(t, stack, "AWS::SecretsManager::Secret").Properties["SecretString"], `{"a":"demo-value-one"}`; got != want {
		t.Error("the template does not have the value")
	}
	for _, absent := range []string{syncprotocol.ResourceType, "AWS::Lambda::Function"} {
		if found := resources(t, stack, absent); len(found) > 0 {
			t.Errorf("there is a resource of type %s", absent)
		}
	}
	assertions.Annotations_FromStack(stack).HasWarning(new("/S/Credentials"), assertions.Match_StringLikeRegexp(new("are in the template in clear text")))

	refusesWriters(t, stack, `SopsSecret "S/Credentials"`, s.Secret())
	if got := panicOf(t, func() { s.Secret().SecretValueFromJson(new("b")) }); !strings.Contains(got, `no key "b" in x.sops.json`) {
		t.Errorf("got %s", got)
	}

	got := panicOf(t, func() { newSecret(newStack(map[string]any{"sops:decrypt": "skip"}), "Credentials", plain) })
	if !strings.Contains(got, "UnsafePlaintextInTemplate puts the decrypted values into the template, and sops:decrypt=skip decrypts nothing") {
		t.Errorf("got %s", got)
	}
	for _, value := range []string{"x ${Token[TOKEN.1]} demo-value-two", "{{resolve:ssm:demo-value-two}}"} {
		write(t, "x.sops.json", standard(`{"a": "`+value+`"}`))
		got := panicOf(t, func() { newSecret(newStack(nil), "Credentials", plain) })
		if !strings.Contains(got, "leave UnsafePlaintextInTemplate out") || strings.Contains(got, "demo-value") {
			t.Error("want a message without the value")
		}
	}
}
