package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// withProvider is a stack with one secret, which a provider with these settings
// fills.
func withProvider(t *testing.T, settings func(awscdk.Stack) sopsconstructs.SopsSyncProviderProps) awscdk.Stack {
	t.Helper()
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	props := settings(stack)
	provider := sopsconstructs.NewSopsSyncProvider(stack, "Own", &props)
	newSecret(stack, "Credentials", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: provider})
	return stack
}

// network is a Vpc that is there already, with private and public subnets.
func network(stack awscdk.Stack) awsec2.IVpc {
	return awsec2.Vpc_FromVpcAttributes(stack, new("Vpc"), &awsec2.VpcAttributes{
		VpcId: new("vpc-1"), AvailabilityZones: jsii.Strings("eu-west-1a", "eu-west-1b"),
		PrivateSubnetIds: jsii.Strings("subnet-private-a", "subnet-private-b"),
		PublicSubnetIds:  jsii.Strings("subnet-public-a", "subnet-public-b"),
	})
}

func TestProviderOfItsOwnIsTheDefaultOne(t *testing.T) {
	openable(t)
	stack := withProvider(t, func(awscdk.Stack) sopsconstructs.SopsSyncProviderProps { return sopsconstructs.SopsSyncProviderProps{} })
	function := only(t, stack, "AWS::Lambda::Function")
	for property, want := range map[string]string{"Architectures": `["arm64"]`, "Timeout": "120", "MemorySize": "256", "VpcConfig": "null"} {
		if got := text(function.Properties[property]); got != want {
			t.Errorf("%s is %s, want %s", property, got, want)
		}
	}
	if got := text(only(t, stack, syncprotocol.ResourceType).Properties["ServiceToken"]); got != `{"Fn::GetAtt":["`+function.ID+`","Arn"]}` {
		t.Errorf("the secret is filled by %s", got)
	}
}

func TestProviderSettings(t *testing.T) {
	x86 := functionOf(t, functionbuild.AMD64)
	openable(t)
	stack := withProvider(t, func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
		return sopsconstructs.SopsSyncProviderProps{
			Architecture: awslambda.Architecture_X86_64(),
			FunctionZip:  x86.Zip,
			MemorySize:   512,
			Timeout:      awscdk.Duration_Minutes(jsii.Number(5)),
			LogGroup:     awslogs.LogGroup_FromLogGroupName(stack, new("Logs"), new("my-logs")),
			Role:         awsiam.Role_FromRoleArn(stack, new("Role"), new(roleEU), nil),
		}
	})
	function := only(t, stack, "AWS::Lambda::Function")
	for property, want := range map[string]string{
		"Architectures": `["x86_64"]`, "Timeout": "300", "MemorySize": "512", "LoggingConfig": `{"LogGroup":"my-logs"}`, "Role": `"` + roleEU + `"`,
	} {
		if got := text(function.Properties[property]); got != want {
			t.Errorf("%s is %s, want %s", property, got, want)
		}
	}
	if got := text(only(t, stack, syncprotocol.ResourceType).Properties["ServiceTimeout"]); got != `"390"` {
		t.Errorf("CloudFormation waits for %s s, want the function's 300 s and 90 more", got)
	}
	for _, kind := range []string{"AWS::Logs::LogGroup", "AWS::IAM::Role"} {
		if found := resources(t, stack, kind); len(found) != 0 {
			t.Errorf("a further %s was made: %s", kind, text(found[0].raw))
		}
	}
	if all := text(resources(t, stack, "")); strings.Contains(all, "sts:") {
		t.Error("a right of no use is in the template")
	}
	// The function must not run before it has its rights.
	for _, policy := range resources(t, stack, "AWS::IAM::Policy") {
		if got := text(function.DependsOn); !strings.Contains(got, policy.ID) {
			t.Errorf("the function waits for %s, want its policy %s among them", got, policy.ID)
		}
	}
	d := deploy(t, stack, "eu-west-1", nil)
	for action, resource := range map[string]string{
		"kms:Decrypt": keyEU, "secretsmanager:PutSecretValue": field(d.syncs[0], "Target", "SecretArn").(string),
		"logs:PutLogEvents": "arn:aws:logs:eu-west-1:111122223333:log-group:my-logs:log-stream:a",
	} {
		if !d.may(t, iameval.Request{Action: action, Resource: resource}) {
			t.Errorf("the given role may not %s", action)
		}
	}
	if d.may(t, iameval.Request{Action: "ec2:CreateNetworkInterface", Resource: "*"}) {
		t.Error("a function outside of any network may make network interfaces")
	}
}

func TestProviderInANetwork(t *testing.T) {
	openable(t)
	for _, c := range []struct {
		name            string
		settings        func(awscdk.Stack) sopsconstructs.SopsSyncProviderProps
		subnets, groups string
	}{
		{"the network alone", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			return sopsconstructs.SopsSyncProviderProps{Vpc: network(stack)}
		}, `["subnet-private-a","subnet-private-b"]`, `[{"Fn::GetAtt":["`},
		{"subnets and groups", func(stack awscdk.Stack) sopsconstructs.SopsSyncProviderProps {
			vpc := network(stack)
			return sopsconstructs.SopsSyncProviderProps{
				Vpc:            vpc,
				VpcSubnets:     &awsec2.SubnetSelection{Subnets: &[]awsec2.ISubnet{(*vpc.PrivateSubnets())[1]}},
				SecurityGroups: []awsec2.ISecurityGroup{awsec2.SecurityGroup_FromSecurityGroupId(stack, new("Group"), new("sg-1"), nil)},
			}
		}, `["subnet-private-b"]`, `["sg-1"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := withProvider(t, c.settings)
			config := only(t, stack, "AWS::Lambda::Function").Properties["VpcConfig"].(map[string]any)
			if got := text(config["SubnetIds"]); got != c.subnets {
				t.Errorf("subnets are %s, want %s", got, c.subnets)
			}
			if got := text(config["SecurityGroupIds"]); !strings.HasPrefix(got, c.groups) {
				t.Errorf("security groups are %s, want %s", got, c.groups)
			}
			d := deploy(t, stack, "eu-west-1", nil)
			for action, want := range map[string]bool{
				"ec2:CreateNetworkInterface": true, "ec2:DescribeNetworkInterfaces": true, "ec2:DescribeSubnets": true,
				"ec2:DeleteNetworkInterface": true, "ec2:AssignPrivateIpAddresses": true, "ec2:UnassignPrivateIpAddresses": true,
				"ec2:ModifyNetworkInterfaceAttribute": false, "ec2:RunInstances": false, "ec2:AuthorizeSecurityGroupIngress": false,
				"logs:CreateLogGroup": false,
			} {
				if got := d.may(t, iameval.Request{Action: action, Resource: "*"}); got != want {
					t.Errorf("%s: allowed is %v, want %v", action, got, want)
				}
			}
		})
	}
}

func TestTwoProvidersInOneStack(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	one := sopsconstructs.NewSopsSyncProvider(stack, "One", nil)
	two := sopsconstructs.NewSopsSyncProvider(stack, "Two", nil)
	for id, provider := range map[string]*sopsconstructs.SopsSyncProvider{"First": one, "Second": two} {
		newSecret(stack, id, sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json", SyncProvider: provider})
	}
	policies := resources(t, stack, "AWS::IAM::Policy")
	if len(policies) != 2 || len(resources(t, stack, "AWS::Lambda::Function")) != 2 {
		t.Fatalf("got %d policies, want one for each of two functions", len(policies))
	}
	for _, policy := range policies {
		own, other := "First", "Second"
		if strings.HasPrefix(policy.ID, "Two") {
			own, other = other, own
		}
		if all := text(policy.Properties["PolicyDocument"]); !strings.Contains(all, `{"Ref":"`+own) || strings.Contains(all, `{"Ref":"`+other) {
			t.Errorf("%s: the function may write another secret than its own: %s", policy.ID, all)
		}
	}
	if one.Function().Node().Path() == nil || !strings.HasPrefix(*two.Role().Node().Path(), "S/Two/") {
		t.Error("Function and Role are not those of the provider")
	}
}
