package sopsconstructs_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
)

// plant is a way in which an app gives a value away, and a part of the path of a file that
// then holds it.
type plant struct {
	name string
	in   func(t *testing.T, stack awscdk.Stack, value string)
	file string
}

// resourceOf adds a resource with these properties.
func resourceOf(scope constructs.Construct, id, kind string, properties map[string]any) awscdk.CfnResource {
	return awscdk.NewCfnResource(scope, &id, &awscdk.CfnResourceProps{Type: &kind, Properties: &properties})
}

// assetOf writes a file and makes an asset of its folder, or of an archive itself.
func assetOf(t *testing.T, scope constructs.Construct, id, name string, content []byte) {
	t.Helper()
	path := t.TempDir()
	file := filepath.Join(path, name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".zip") {
		path = file
	}
	awss3assets.NewAsset(scope, &id, &awss3assets.AssetProps{Path: &path})
}

func zipOf(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

func xmlOf(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// The files in which a stack S, a stack nested in it and one of a Stage are.
const (
	template       = "S.template.json"
	nestedTemplate = "nested.template.json"
)

// plants are the ways in which a value is given away. None is a text of its own: the value
// is a part of one, below escapes, or encoded.
var plants = []plant{
	{"output", func(_ *testing.T, s awscdk.Stack, v string) {
		awscdk.NewCfnOutput(s, new("Out"), &awscdk.CfnOutputProps{Value: new("password: " + v)})
	}, template},
	{"export", func(_ *testing.T, s awscdk.Stack, v string) {
		awscdk.NewCfnOutput(s, new("Exported"), &awscdk.CfnOutputProps{Value: new("x"), ExportName: new("x-" + hex.EncodeToString([]byte(v)))})
	}, template},
	{"description of a stack", func(_ *testing.T, s awscdk.Stack, v string) {
		s.TemplateOptions().SetDescription(new("the database's password is " + v))
	}, template},
	{"description of a resource", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Described", "AWS::EC2::SecurityGroup", map[string]any{"GroupDescription": "for " + v})
	}, template},
	{"tag", func(_ *testing.T, s awscdk.Stack, v string) { awscdk.Tags_Of(s).Add(new("Note"), &v, nil) }, "manifest.json"},
	{"default of a parameter", func(_ *testing.T, s awscdk.Stack, v string) {
		awscdk.NewCfnParameter(s, new("Parameter"), &awscdk.CfnParameterProps{Default: v, NoEcho: new(true)})
	}, template},
	{"mapping", func(_ *testing.T, s awscdk.Stack, v string) {
		awscdk.NewCfnMapping(s, new("Mapping"), &awscdk.CfnMappingProps{Mapping: &map[string]*map[string]any{"prod": {"password": v}}})
	}, template},
	{"condition", func(_ *testing.T, s awscdk.Stack, v string) {
		awscdk.NewCfnCondition(s, new("Condition"), &awscdk.CfnConditionProps{Expression: awscdk.Fn_ConditionEquals(s.Region(), v)})
	}, template},
	{"metadata of a resource", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "WithMetadata", "AWS::SNS::Topic", nil).AddMetadata(new("note"), map[string]any{"login": []any{"user", v}})
	}, template},
	{"metadata of a construct", func(_ *testing.T, s awscdk.Stack, v string) { s.Node().AddMetadata(new("note"), v, nil) }, "S.metadata.json"},
	{"environment of a function", func(_ *testing.T, s awscdk.Stack, v string) {
		awslambda.NewFunction(s, new("Env"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.main"), Code: awslambda.Code_FromInline(new("pass")),
			Environment: &map[string]*string{"DATABASE": new("postgres://user:" + url.QueryEscape(v) + "@db")},
		})
	}, template},
	{"inline code", func(_ *testing.T, s awscdk.Stack, v string) {
		awslambda.NewFunction(s, new("Inline"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: new("index.main"), Code: awslambda.Code_FromInline(new("password = " + text(v) + "\n")),
		})
	}, template},
	{"file of an asset", func(t *testing.T, s awscdk.Stack, v string) {
		assetOf(t, s, "Asset", "settings.env", []byte("PASSWORD="+v+"\n"))
	}, "settings.env"},
	{"zipped asset", func(t *testing.T, s awscdk.Stack, v string) {
		assetOf(t, s, "Zipped", "code.zip", zipOf(t, "lib/inner.jar", zipOf(t, "application.properties", []byte("password="+v))))
	}, ".zip"},
	{"gzipped asset", func(t *testing.T, s awscdk.Stack, v string) {
		assetOf(t, s, "Gzipped", "dump.sql.gz", gzipOf([]byte("ALTER USER app PASSWORD '"+v+"';")))
	}, "dump.sql.gz"},
	{"asset of a nested stack", func(t *testing.T, s awscdk.Stack, v string) {
		assetOf(t, awscdk.NewNestedStack(s, new("WithAsset"), nil), "Asset", "nested.env", []byte("X="+base64.StdEncoding.EncodeToString([]byte("user:"+v))))
	}, "nested.env"},
	{"nested stack", func(_ *testing.T, s awscdk.Stack, v string) {
		awscdk.NewCfnOutput(nestedIn(s), new("Out"), &awscdk.CfnOutputProps{Value: new("it is " + v)})
	}, nestedTemplate},
	{"Stage", func(_ *testing.T, s awscdk.Stack, v string) {
		other := awscdk.NewStack(stageOf(s.Node().Root().(awscdk.App)), new("T"), nil)
		awscdk.NewCfnOutput(other, new("Out"), &awscdk.CfnOutputProps{Value: &v})
	}, filepath.Join("assembly-Prod", "ProdT")},
	{"user data in base64", func(_ *testing.T, s awscdk.Stack, v string) {
		script := "#!/bin/sh\nexport PASSWORD='" + v + "'\n"
		resourceOf(s, "Instance", "AWS::EC2::Instance", map[string]any{"UserData": base64.StdEncoding.EncodeToString([]byte(script))})
	}, template},
	{"launch template", func(_ *testing.T, s awscdk.Stack, v string) {
		awsec2.NewLaunchTemplate(s, new("Launch"), &awsec2.LaunchTemplateProps{UserData: awsec2.UserData_Custom(new("export PASSWORD='" + v + "' REGION=" + *s.Region()))})
	}, template},
	{"policy", func(_ *testing.T, s awscdk.Stack, v string) {
		newRole(s).AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: &[]*string{new("s3:GetObject")}, Resources: &[]*string{new("*")},
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:UserAgent": v}},
		}))
	}, template},
	{"escaped policy", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Escaped", "AWS::Logs::ResourcePolicy", map[string]any{"PolicyDocument": text(map[string]any{"Condition": v})})
	}, template},
	{"policy in a policy", func(_ *testing.T, s awscdk.Stack, v string) {
		inner := text(map[string]any{"Statement": map[string]any{"Condition": v}})
		resourceOf(s, "Doubly", "AWS::Logs::ResourcePolicy", map[string]any{"PolicyDocument": text(map[string]any{"policy": inner})})
	}, template},
	{"state machine", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Machine", "AWS::StepFunctions::StateMachine", map[string]any{"DefinitionString": map[string]any{"Fn::Join": []any{"", []any{
			`{"StartAt":"A","States":{"A":{"Type":"Pass","Resource":"`, map[string]any{"Ref": "AWS::Partition"}, `","Parameters":{"body":` + text(text(map[string]any{"password": v})) + `}}}}`,
		}}}})
	}, template},
	{"build specification", func(_ *testing.T, s awscdk.Stack, v string) {
		awscodebuild.NewProject(s, new("Build"), &awscodebuild.ProjectProps{BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{
			"version": "0.2", "phases": map[string]any{"build": map[string]any{"commands": []string{"login '" + v + "'"}}},
		})})
	}, template},
	{"document of SSM", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Document", "AWS::SSM::Document", map[string]any{"Content": map[string]any{"schemaVersion": "2.2", "mainSteps": []any{
			map[string]any{"action": "aws:runShellScript", "inputs": map[string]any{"runCommand": []any{"mysql -p'" + v + "'"}}},
		}}})
	}, template},
	{"function of CloudFront", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Edge", "AWS::CloudFront::Function", map[string]any{"FunctionCode": "function handler(e) {\n\tif (e.request.headers.key.value !== " + text(v) + ") return;\n}"})
	}, template},
	{"body of an API", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "API", "AWS::ApiGateway::RestApi", map[string]any{"Body": map[string]any{"paths": map[string]any{"/": map[string]any{
			"x-amazon-apigateway-integration": map[string]any{"requestParameters": map[string]any{"integration.request.header.X-Key": "'" + v + "'"}},
		}}}})
	}, template},
	{"command of a container", func(_ *testing.T, s awscdk.Stack, v string) {
		awsecs.NewFargateTaskDefinition(s, new("Task"), nil).AddContainer(new("Main"), &awsecs.ContainerDefinitionOptions{
			Image: awsecs.ContainerImage_FromRegistry(new("x"), nil), Command: &[]*string{new("serve"), new("--password=" + v)},
		})
	}, template},
	{"text of an alarm", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Alarm", "AWS::CloudWatch::Alarm", map[string]any{"AlarmDescription": "log in with\n\t" + v})
	}, template},
	{"query of a URL", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Query", "AWS::Events::Connection", map[string]any{"Endpoint": "https://api.example.com/?key=" + url.QueryEscape(v)})
	}, template},
	{"XML configuration", func(t *testing.T, s awscdk.Stack, v string) {
		assetOf(t, s, "XML", "settings.xml", []byte("<server><password>"+xmlOf(v)+"</password></server>"))
	}, "settings.xml"},
	{"literals of Fn::Join", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Joined", "AWS::SNS::Topic", map[string]any{"DisplayText": map[string]any{"Fn::Join": []any{v[5:8], []any{v[:5], v[8:13] + v[13:]}}}})
	}, template},
	{"Fn::Sub", func(_ *testing.T, s awscdk.Stack, v string) {
		resourceOf(s, "Substituted", "AWS::SNS::Topic", map[string]any{"DisplayText": map[string]any{"Fn::Sub": []any{"${A}" + v[6:], map[string]any{"A": v[:6]}}}})
	}, template},
	{"name of a file", func(t *testing.T, s awscdk.Stack, v string) {
		assetOf(t, s, "Named", base64.RawURLEncoding.EncodeToString([]byte(v))+".txt", []byte("x"))
	}, "asset."},
}
