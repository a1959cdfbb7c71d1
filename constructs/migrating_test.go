package sopsconstructs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// peerNames are all properties and methods of cdk-sops-secrets 1.16.13 that
// docs/migrating.md has a row for: those of lib/*.d.ts, and what SecretProps and
// StringParameterProps of aws-cdk-lib add.
var peerNames = map[string]string{
	"SopsSecret": "sopsFilePath sopsS3Bucket sopsS3Key uploadType sopsFileFormat sopsKmsKey sopsAgeKey convertToJSON flatten flattenSeparator " +
		"stringifyValues parameterKeyPrefix autoGenerateIamPermissions assetEncryptionKey sopsProvider secretName description encryptionKey " +
		"removalPolicy replicaRegions generateSecretString secretStringValue secretObjectValue secretStringBeta1 secretArn secretFullArn stack env sync " +
		"currentVersionId grantRead grantWrite addRotationSchedule attach addToResourcePolicy denyAccountRootDelete applyRemovalPolicy secretValueFromJson secretValue",
	"SopsSync":             "secret parameterNames encryptionKey resourceType versionId converToJSON flatten stringifiedValues Permissions",
	"SopsSyncProvider":     "vpc vpcSubnets securityGroups role addAgeKey sops_sync_provider_asset_path grantPrincipal functionArn",
	"SopsStringParameter":  "parameterName encryptionKey description tier simpleName allowedPattern dataType type stringValue parameterArn parameterType stack env sync grantRead grantWrite applyRemovalPolicy",
	"MultiStringParameter": "keyPrefix keySeparator encryptionKey tier description stack env sync",
}

// move is the stack of one row.
type move struct {
	awscdk.Stack
	id string
}

type (
	secretProps     = sopsconstructs.SopsSecretProps
	providerProps   = sopsconstructs.SopsSyncProviderProps
	parameterProps  = sopsconstructs.SopsStringParameterProps
	parametersProps = sopsconstructs.SopsParametersProps
)

const movedFile = "x.sops.json"

func (m *move) secret(p secretProps) *sopsconstructs.SopsSecret {
	if p.SopsFilePath == "" && p.SopsFile == nil {
		p.SopsFilePath = movedFile
	}
	return sopsconstructs.NewSopsSecret(m.Stack, "Secret", &p)
}

func (m *move) parameter(p parameterProps) *sopsconstructs.SopsStringParameter {
	p.SopsFilePath = movedFile
	if p.ParameterName == "" {
		p.ParameterName = "/" + m.id
	}
	return sopsconstructs.NewSopsStringParameter(m.Stack, "Parameter", &p)
}

func (m *move) parameters(p parametersProps) *sopsconstructs.SopsParameters {
	p.SopsFilePath = movedFile
	if p.Prefix == "" {
		p.Prefix = "/" + m.id
	}
	return sopsconstructs.NewSopsParameters(m.Stack, "Parameters", &p)
}

func (m *move) provider(p providerProps) *sopsconstructs.SopsSyncProvider {
	return sopsconstructs.NewSopsSyncProvider(m.Stack, "SopsSyncProvider", &p)
}

func (m *move) key() awskms.IKey { return awskms.Key_FromKeyArn(m.Stack, new("Key"), new(keyEU)) }

func (m *move) bucket() awss3.IBucket {
	return awss3.Bucket_FromBucketName(m.Stack, new("Bucket"), new("a-bucket"))
}

func (m *move) uses(value any) { consume(m.Stack, "Value", value) }

// moves run what the rows of docs/migrating.md have as Go code, and return what the
// template then has; behind "!", what it has not.
var moves = map[string]func(m *move) []string{
	"SopsSecret.sopsFilePath": func(m *move) []string {
		m.secret(secretProps{SopsFilePath: "x.sops.json"})
		return []string{`"Name":"x.sops.json"`, `"Content":"H4sI`, keyEU}
	},
	"SopsSecret.sopsS3Bucket": func(m *move) []string {
		bucket := m.bucket()
		m.secret(secretProps{SopsFile: &sopsconstructs.SopsFile{Bucket: bucket, Key: "x.sops.json", Path: "x.sops.json"}})
		return []string{`"Bucket":"a-bucket"`, `"s3:GetObject"`, `:s3:::a-bucket/x.sops.json"`, `!"Content":"H4sI`}
	},
	"SopsSecret.sopsFileFormat": func(m *move) []string {
		m.secret(secretProps{SopsFile: &sopsconstructs.SopsFile{Path: "secrets.enc", Format: "json"}})
		return []string{`"Format":"json"`, `"Name":"secrets.enc"`}
	},
	"SopsSecret.sopsKmsKey": func(m *move) []string {
		bucket, key := m.bucket(), m.key()
		m.secret(secretProps{SopsFile: &sopsconstructs.SopsFile{Bucket: bucket, Key: "x.sops.json", DecryptionKeys: []awskms.IKey{key}, DecryptionContext: map[string]string{"secret": "database"}}})
		return []string{`"Action":"kms:Decrypt"`, `"Resource":"` + keyEU + `"`, `!"kms:Encrypt"`}
	},
	"SopsSecret.sopsAgeKey": func(m *move) []string {
		identity := awssecretsmanager.Secret_FromSecretNameV2(m.Stack, new("Age"), new("age-identity"))
		m.secret(secretProps{SopsFile: &sopsconstructs.SopsFile{Path: movedFile,
			AgeIdentities: []*sopsconstructs.AgeIdentity{sopsconstructs.AgeIdentityFromSecret(identity)}}})
		return []string{`"AgeIdentities":[{"SecretArn":`, `:secret:age-identity`, `!SOPS_AGE_KEY`}
	},
	"SopsSecret.convertToJSON": func(m *move) []string {
		m.secret(secretProps{Output: sopsconstructs.OutputRaw})
		return []string{`"Output":{"Mode":"raw"}`}
	},
	"SopsSecret.flatten": func(m *move) []string {
		m.secret(secretProps{Output: sopsconstructs.OutputNestedJSON})
		return []string{`"Output":{"Mode":"nested"}`}
	},
	"SopsSecret.stringifyValues": func(m *move) []string {
		m.secret(secretProps{Output: sopsconstructs.OutputNestedJSON})
		return []string{`"Output":{"Mode":"nested"}`}
	},
	"SopsSecret.parameterKeyPrefix": func(m *move) []string {
		m.parameters(parametersProps{Prefix: "/app"})
		return []string{`"Prefix":"/app"`, `"/app/my_api_key"`}
	},
	"SopsSecret.autoGenerateIamPermissions": func(m *move) []string {
		provider := m.provider(providerProps{AutoGrant: new(false)})
		m.secret(secretProps{SyncProvider: provider})
		return []string{`!"AWS::IAM::Policy"`, `!"AWS::IAM::ManagedPolicy"`}
	},
	"SopsSecret.assetEncryptionKey": func(m *move) []string {
		key := m.key()
		provider := m.provider(providerProps{AssetBucketKey: key})
		m.secret(secretProps{SyncProvider: provider})
		return []string{`"AWS::IAM::Policy"`}
	},
	"SopsSecret.sopsProvider": func(m *move) []string {
		provider := m.provider(providerProps{MemorySize: 512})
		m.secret(secretProps{SyncProvider: provider})
		return []string{`"MemorySize":512`}
	},
	"SopsSecret.secretName": func(m *move) []string {
		m.secret(secretProps{SecretName: "app/credentials"})
		return []string{`"Name":"app/credentials"`}
	},
	"SopsSecret.description": func(m *move) []string {
		m.secret(secretProps{Description: "for the API"})
		return []string{`"Description":"for the API"`}
	},
	"SopsSecret.encryptionKey": func(m *move) []string {
		key := m.key()
		m.secret(secretProps{EncryptionKey: key})
		return []string{`"KmsKeyId":"` + keyEU + `"`, `"kms:ViaService"`}
	},
	"SopsSecret.removalPolicy": func(m *move) []string {
		m.secret(secretProps{RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE})
		return []string{`"DeletionPolicy":"RetainExceptOnCreate"`}
	},
	"SopsSecret.replicaRegions": func(m *move) []string {
		m.secret(secretProps{ReplicaRegions: []*awssecretsmanager.ReplicaRegion{{Region: new("us-east-1")}}})
		return []string{`"ReplicaRegions":[{"Region":"us-east-1"}]`, `!GenerateSecretString`}
	},
	"SopsSecret.secretArn": func(m *move) []string {
		secret := m.secret(secretProps{})
		m.uses(secret.Secret().SecretFullArn())
		return []string{`"Value":{"Fn::GetAtt":["SecretSync`}
	},
	"SopsSecret.secretName (read)": func(m *move) []string {
		secret := m.secret(secretProps{})
		m.uses(secret.Secret().SecretName())
		return []string{`"Value":{"Fn::GetAtt":["SecretSync`, `"Name"]}`}
	},
	"SopsSecret.secret.encryptionKey": func(m *move) []string {
		key := m.key()
		secret := m.secret(secretProps{EncryptionKey: key})
		m.uses(secret.Secret().EncryptionKey().KeyArn())
		return []string{`"Value":"` + keyEU + `"`}
	},
	"SopsSecret.stack": func(m *move) []string {
		secret := m.secret(secretProps{})
		m.uses(secret.Secret().Stack().StackName())
		return []string{`"Value":"` + m.id + `"`}
	},
	"SopsSecret.currentVersionId()": func(m *move) []string {
		secret := m.secret(secretProps{})
		m.uses(secret.VersionID())
		return []string{`"Value":{"Fn::GetAtt":["SecretSync`, `"VersionId"]}`}
	},
	"SopsSecret.grantRead()": func(m *move) []string {
		secret, role := m.secret(secretProps{}), newRole(m.Stack)
		secret.GrantRead(role)
		return []string{`"ReaderDefaultPolicy`, `"secretsmanager:DescribeSecret"`}
	},
	"SopsSecret.addToResourcePolicy()": func(m *move) []string {
		secret, statement := m.secret(secretProps{}), may("secretsmanager:GetSecretValue", "*")
		statement.AddPrincipals(newRole(m.Stack))
		secret.AddToResourcePolicy(statement)
		return []string{`"AWS::SecretsManager::ResourcePolicy"`, `"BlockPublicPolicy":true`}
	},
	"SopsSecret.denyAccountRootDelete()": func(m *move) []string {
		secret := m.secret(secretProps{})
		secret.DenyAccountRootDelete()
		return []string{`"Action":"secretsmanager:DeleteSecret","Effect":"Deny"`}
	},
	"SopsSecret.applyRemovalPolicy()": func(m *move) []string {
		m.secret(secretProps{RemovalPolicy: awscdk.RemovalPolicy_RETAIN})
		return []string{`"DeletionPolicy":"Retain"`}
	},
	"SopsSecret.secretValueFromJson()": func(m *move) []string {
		secret := m.secret(secretProps{})
		m.uses(secret.Key("my_api_key").SecretValue())
		return []string{`{{resolve:secretsmanager:`, `:SecretString:my_api_key::`, `"VersionId"]}`}
	},
	"SopsSecret.secretValue": func(m *move) []string {
		secret := m.secret(secretProps{})
		m.uses(secret.SecretValue())
		return []string{`{{resolve:secretsmanager:`, `:SecretString:::`}
	},
	"SopsSecret.the secret as an ISecret": func(m *move) []string {
		secret := m.secret(secretProps{})
		var known awssecretsmanager.ISecret = secret.Secret()
		m.uses(known.SecretArn())
		return []string{`"Value":{"Fn::GetAtt":["SecretSync`}
	},
	"SopsSync.secret": func(m *move) []string {
		existing := awssecretsmanager.NewSecret(m.Stack, new("Existing"), nil)
		m.secret(secretProps{Target: existing})
		return []string{`"Target":{"SecretArn":{"Ref":"Existing`}
	},
	"SopsSync.parameterNames": func(m *move) []string {
		m.parameter(parameterProps{ParameterName: "/app/key"})
		return []string{`"Names":["/app/key"]`}
	},
	"SopsSync.encryptionKey": func(m *move) []string {
		key := m.key()
		m.parameter(parameterProps{EncryptionKey: key})
		return []string{`"KeyID":"` + keyEU + `"`}
	},
	"SopsSync.versionId": func(m *move) []string {
		secret := m.secret(secretProps{})
		m.uses(secret.VersionID())
		return []string{`"VersionId"]}`}
	},
	"SopsSync.Permissions": func(m *move) []string {
		provider := m.provider(providerProps{AutoGrant: new(false)})
		m.secret(secretProps{SyncProvider: provider})
		var statements []any
		for _, statement := range provider.PolicyStatements() {
			statements = append(statements, statement.ToStatementJson())
		}
		m.uses(statements)
		return []string{`"Action":"kms:Decrypt"`, `"secretsmanager:PutSecretValue"`}
	},
	"SopsSyncProvider.vpc": func(m *move) []string {
		vpc := awsec2.NewVpc(m.Stack, new("Vpc"), &awsec2.VpcProps{NatGateways: new(1.0), MaxAzs: new(1.0)})
		subnets := &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS}
		groups := []awsec2.ISecurityGroup{awsec2.NewSecurityGroup(m.Stack, new("Group"), &awsec2.SecurityGroupProps{Vpc: vpc})}
		provider := m.provider(providerProps{Vpc: vpc, VpcSubnets: subnets, SecurityGroups: groups})
		m.secret(secretProps{SyncProvider: provider})
		return []string{`"VpcConfig":{"SecurityGroupIds":[{"Fn::GetAtt":["Group`}
	},
	"SopsSyncProvider.role": func(m *move) []string {
		role := awsiam.NewRole(m.Stack, new("LambdaRole"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil)})
		provider := m.provider(providerProps{Role: role})
		m.secret(secretProps{SyncProvider: provider})
		return []string{`"Role":{"Fn::GetAtt":["LambdaRole`}
	},
	"SopsSyncProvider.addAgeKey()": func(m *move) []string {
		parameter := awsssm.StringParameter_FromSecureStringParameterAttributes(m.Stack, new("Age"), &awsssm.SecureStringParameterAttributes{ParameterName: new("/age/identity")})
		m.secret(secretProps{SopsFile: &sopsconstructs.SopsFile{Path: movedFile,
			AgeIdentities: []*sopsconstructs.AgeIdentity{sopsconstructs.AgeIdentityFromParameter(parameter, nil)}}})
		return []string{`"AgeIdentities":[{"ParameterName":"/age/identity"}]`}
	},
	"SopsSyncProvider.sops_sync_provider_asset_path": func(m *move) []string {
		built, err := functionbuild.Build("arm64")
		if err != nil {
			panic(err)
		}
		zip := built.Zip
		provider := m.provider(providerProps{FunctionZip: zip})
		m.secret(secretProps{SyncProvider: provider})
		return []string{`"S3Key":`}
	},
	"SopsSyncProvider.grantPrincipal": func(m *move) []string {
		provider := m.provider(providerProps{})
		m.uses(provider.Role().RoleArn())
		return []string{`"Value":{"Fn::GetAtt":["SopsSyncProviderRole`}
	},
	"SopsSyncProvider.functionArn": func(m *move) []string {
		provider := m.provider(providerProps{})
		m.uses(provider.Function().FunctionArn())
		return []string{`"Value":{"Fn::GetAtt":["SopsSyncProviderFunction`}
	},
	"SopsStringParameter.parameterName": func(m *move) []string {
		m.parameter(parameterProps{ParameterName: "/app/key"})
		return []string{`"Names":["/app/key"]`}
	},
	"SopsStringParameter.encryptionKey": func(m *move) []string {
		key := m.key()
		m.parameter(parameterProps{EncryptionKey: key})
		return []string{`"KeyID":"` + keyEU + `"`}
	},
	"SopsStringParameter.description": func(m *move) []string {
		m.parameter(parameterProps{Description: "for the API"})
		return []string{`"Description":"for the API"`}
	},
	"SopsStringParameter.tier": func(m *move) []string {
		m.parameter(parameterProps{Tier: awsssm.ParameterTier_ADVANCED})
		return []string{`"Tier":"Advanced"`, `!"AWS::SSM::Parameter"`}
	},
	"SopsStringParameter.parameterArn": func(m *move) []string {
		parameter := m.parameter(parameterProps{})
		m.uses(parameter.ParameterArn())
		return []string{`"Value":{"Fn::Join":["",["arn:`}
	},
	"SopsStringParameter.parameterName (read)": func(m *move) []string {
		parameter := m.parameter(parameterProps{})
		m.uses(parameter.ParameterName())
		return []string{`{"Fn::GetAtt":["ParameterSync`}
	},
	"SopsStringParameter.parameter.encryptionKey": func(m *move) []string {
		parameter := m.parameter(parameterProps{})
		m.uses(parameter.StringParameter().Stack().StackName())
		return []string{`"Value":"` + m.id + `"`}
	},
	"SopsStringParameter.grantRead()": func(m *move) []string {
		parameter, role := m.parameter(parameterProps{}), newRole(m.Stack)
		parameter.GrantRead(role)
		return []string{`"ReaderDefaultPolicy`, `"ssm:GetParameter`}
	},
	"SopsStringParameter.applyRemovalPolicy()": func(m *move) []string {
		m.parameter(parameterProps{RemovalPolicy: awscdk.RemovalPolicy_RETAIN})
		return []string{`"Retain":"true"`}
	},
	"SopsStringParameter.the parameter as an IStringParameter": func(m *move) []string {
		parameter := m.parameter(parameterProps{})
		var known awsssm.IStringParameter = parameter.StringParameter()
		m.uses(known.ParameterName())
		return []string{`{"Fn::GetAtt":["ParameterSync`}
	},
	"MultiStringParameter.keyPrefix": func(m *move) []string {
		m.parameters(parametersProps{Prefix: "/app"})
		return []string{`"/app/database/users/0/name"`}
	},
	"MultiStringParameter.keySeparator": func(m *move) []string {
		m.parameters(parametersProps{Separator: "_"})
		return []string{`/database_users_0_name"`}
	},
	"MultiStringParameter.encryptionKey": func(m *move) []string {
		key := m.key()
		m.parameters(parametersProps{EncryptionKey: key})
		return []string{`"KeyID":"` + keyEU + `"`}
	},
	"MultiStringParameter.tier": func(m *move) []string {
		m.parameters(parametersProps{Tier: awsssm.ParameterTier_STANDARD, Description: "for the API"})
		return []string{`"Tier":"Standard"`, `"Description":"for the API"`}
	},
	"MultiStringParameter.keyPrefix (read)": func(m *move) []string {
		parameters := m.parameters(parametersProps{})
		m.uses(parameters.Parameter("database.users[0].name").ParameterName())
		return []string{`/database/users/0/name"`}
	},
	"MultiStringParameter.no grant": func(m *move) []string {
		parameters, role := m.parameters(parametersProps{}), newRole(m.Stack)
		parameters.GrantRead(role)
		return []string{`"ReaderDefaultPolicy`, `"ssm:GetParameter`}
	},
}

// Each row's code stands in the test that runs it, and each property and method has a row.
func TestMigrating(t *testing.T) {
	functionOf(t, functionbuild.ARM64) // for the row of the zip
	doc, sources := movingPage(t), moveSources(t)
	openable(t)
	write(t, movedFile, standard(clear))
	content, err := os.ReadFile(movedFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("secrets.enc", content, 0o644); err != nil {
		t.Fatal(err)
	}

	run := map[string]bool{}
	for _, row := range doc {
		if row.code == "" {
			continue
		}
		run[row.name] = true
		if source, ok := sources[row.name]; !ok || !strings.Contains(spaces(source), spaces(row.code)) {
			t.Errorf("the code of %s is not what its test runs: %s", row.name, row.code)
		}
	}
	app := awscdk.NewApp(nil)
	stacks := map[string]awscdk.Stack{}
	wants := map[string][]string{}
	for i, name := range slices.Sorted(maps.Keys(moves)) {
		if !run[name] {
			t.Errorf("%s has no row with code", name)
		}
		id := fmt.Sprintf("Row%d", i)
		// Several rows use one name: they are of different places.
		region := fmt.Sprintf("eu-west-%d", i+1)
		stacks[name] = awscdk.NewStack(app, &id, &awscdk.StackProps{Env: &awscdk.Environment{Account: new(account), Region: &region}})
		wants[name] = moves[name](&move{stacks[name], id})
	}
	for name, stack := range stacks {
		template := text(*assertions.Template_FromStack(stack, nil).ToJSON())
		for _, want := range wants[name] {
			absent := strings.HasPrefix(want, "!")
			if strings.Contains(template, strings.TrimPrefix(want, "!")) == absent {
				t.Errorf("%s: want %s in the template\n%s", name, want, template)
			}
		}
	}
}

// movingRow is a row of docs/migrating.md.
type movingRow struct{ name, code string }

// movingPage returns the rows of docs/migrating.md, by the first name of each, and checks
// that every name has one.
func movingPage(t *testing.T) []movingRow {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "docs", "migrating.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []movingRow
	section, named := "", map[string]bool{}
	for line := range strings.Lines(string(content)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(title)
		}
		cells := strings.Split(line, "|")
		if peerNames[section] == "" || len(cells) != 5 || strings.Contains(cells[1], "there") || strings.Contains(cells[1], "---") {
			continue
		}
		first := strings.TrimSpace(cells[1])
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(first, -1) {
			named[section+"."+strings.TrimSuffix(strings.SplitN(name[1], ":", 2)[0], "()")] = true
		}
		name, _, _ := strings.Cut(first, ",")
		for _, more := range []string{":", " and the rest"} {
			name, _, _ = strings.Cut(name, more)
		}
		if strings.Contains(first, "(read)") && !strings.HasSuffix(name, "(read)") {
			name += " (read)"
		}
		name = strings.ReplaceAll(name, "`", "")
		rows = append(rows, movingRow{section + "." + name, strings.Trim(strings.TrimSpace(cells[2]), "`")})
	}
	for section, names := range peerNames {
		for name := range strings.FieldsSeq(names) {
			if !named[section+"."+name] {
				t.Errorf("docs/migrating.md has no row for %s of %s", name, section)
			}
		}
	}
	return rows
}

// moveSources returns the source of each function of moves.
func moveSources(t *testing.T) map[string]string {
	t.Helper()
	const name = "migrating_test.go"
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, content, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if entry, ok := n.(*ast.KeyValueExpr); ok {
			if key, ok := entry.Key.(*ast.BasicLit); ok && key.Kind == token.STRING {
				sources[strings.Trim(key.Value, `"`)] = string(content[set.Position(entry.Value.Pos()).Offset:set.Position(entry.Value.End()).Offset])
			}
		}
		return true
	})
	return sources
}

// spaces returns code with one space where there is any.
func spaces(code string) string { return strings.Join(strings.Fields(code), " ") }
