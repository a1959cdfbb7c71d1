package sopsconstructs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/keypolicy"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// The function may do with parameters what it does, from their first deploy to their last,
// and no more; and so may SSM with the key, in its name.
//
// It runs with these rights, through what the template names and what it names no more.
func TestLeastPrivilegeOfParameters(t *testing.T) {
	openable(t)
	const x, ownerTag = "x.sops.json", "aws:ResourceTag/sops:stack"
	write(t, x, standard(clear))
	for _, c := range []struct {
		name   string
		region string
		key    bool
		props  func(key awskms.IKey) any
		arns   []string // all that are filled, without what is common to ARNs
		misses []string // names of others, for the key too
	}{
		{"one", ireland, true, func(key awskms.IKey) any {
			return one{SopsFilePath: x, ParameterName: "key", Output: sopsconstructs.OutputValue("port"), EncryptionKey: key, Adopt: true}
		}, []string{"key"}, []string{"key2", "key/x", "ke", "x/key"}},
		{"one in a hierarchy, no key", "us-gov-west-1", false, func(awskms.IKey) any {
			return one{SopsFilePath: x, ParameterName: "/a/key", Output: sopsconstructs.OutputValue("port"), Adopt: true}
		}, []string{"a/key"}, []string{"a/key2", "a", "key"}},
		{"many", ireland, true, func(key awskms.IKey) any {
			return many{SopsFilePath: x, Prefix: "/app/", Separator: "-", EncryptionKey: key, Adopt: true}
		}, []string{"app/my_api_key", "app/database-users-0-name", "app/port"}, []string{"app", "app2/port", "port"}},
		{"many in China", "cn-north-1", true, func(key awskms.IKey) any {
			return many{SopsFilePath: x, Prefix: "/app", EncryptionKey: key, Adopt: true}
		}, []string{"app/my_api_key", "app/database/users/0/name", "app/port"}, []string{"app", "app2/port"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := stackIn(c.region, nil)
			var key awskms.IKey
			partition := map[string]string{"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}[c.region]
			if partition == "" {
				partition = "aws"
			}
			keyARN := fmt.Sprintf("arn:%s:kms:%s:%s:key/2222bbbb-0000-4000-8000-000000000001", partition, c.region, account)
			if c.key {
				key = awskms.Key_FromKeyArn(stack, new("Key"), &keyARN)
			}
			parametersOf(stack, c.props(key))
			d := deploy(t, stack, c.region, nil)
			arn := func(name string) string {
				return fmt.Sprintf("arn:%s:ssm:%s:%s:parameter/%s", partition, c.region, account, name)
			}

			stackID := fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/S/5d1f5e60-0000-4000-8000-000000000000", partition, c.region, account)
			var called []iameval.Request
			for _, r := range d.calls(t, surroundings{keys: []string{keyEU}}) {
				if strings.HasPrefix(r.Action, "ssm:") {
					called = append(called, r)
				}
			}
			for _, action := range []string{"AddTagsToResource", "DeleteParameters", "GetParameter", "GetParameters", "ListTagsForResource", "PutParameter", "RemoveTagsFromResource"} {
				if !slices.ContainsFunc(called, func(r iameval.Request) bool { return r.Action == "ssm:"+action }) {
					t.Errorf("the function does not call %s", action)
				}
			}
			for _, r := range called {
				left := strings.HasPrefix(r.Resource, arn("left/")) && (r.Action == "ssm:ListTagsForResource" || r.Action == "ssm:DeleteParameters")
				if !left && !slices.ContainsFunc(c.arns, func(name string) bool { return r.Resource == arn(name) }) {
					t.Errorf("it calls %s on %s", r.Action, r.Resource)
				}
				if !d.may(t, r) {
					t.Errorf("it calls this, and may not: %+v", r)
				}
				misses := near(r, "ssm:GetParametersByPath", "ssm:GetParameterHistory", "ssm:DescribeParameters", "ssm:LabelParameterVersion", "ssm:PutResourcePolicy", "ssm:SendCommand")
				// Of what is not in the template, the function may list tags, and that is all, unless it has the tag of this stack.
				for _, owner := range [][]string{nil, {strings.Replace(stackID, "stack/S/", "stack/S2/", 1)}} {
					for _, miss := range append(otherResources(r, "2"), iameval.Request{Action: r.Action, Resource: arn(c.misses[0])}) {
						miss.Context = iameval.Context{ownerTag: owner}
						if r.Action != "ssm:ListTagsForResource" || !strings.HasPrefix(miss.Resource, arn("")) {
							misses = append(misses, miss)
						}
					}
					for _, action := range []string{"ssm:DeleteParameters", "ssm:RemoveTagsFromResource"} {
						misses = append(misses, iameval.Request{Action: action, Resource: r.Resource, Context: iameval.Context{ownerTag: owner}})
					}
				}
				misses = append(misses, otherResources(r, "")[1:]...) // elsewhere, the tag gives no right
				for _, miss := range misses {
					if d.may(t, miss) {
						t.Errorf("it may do this, and does not call it: %+v", miss)
					}
				}
			}

			use := func(action, on, via, of string) iameval.Request {
				context := iameval.Context{"kms:EncryptionContextKeys": {"PARAMETER_ARN"}, "kms:EncryptionContext:PARAMETER_ARN": {of}}
				if via != "" {
					context["kms:ViaService"] = []string{via}
				}
				return iameval.Request{Action: "kms:" + action, Resource: on, Context: context}
			}
			ssm := "ssm." + c.region + ".amazonaws.com"
			for _, name := range c.arns {
				for _, action := range []string{"Encrypt", "Decrypt", "GenerateDataKey"} {
					if got := d.may(t, use(action, keyARN, ssm, arn(name))); got != c.key {
						t.Errorf("SSM may %s for %s: %v, want %v", action, name, got, c.key)
					}
					for _, miss := range []iameval.Request{
						use(action, keyARN, "", arn(name)), use(action, keyARN, "secretsmanager."+c.region+".amazonaws.com", arn(name)),
						use(action, keyARN, "ssm.eu-north-1.amazonaws.com", arn(name)), use(action, decoyKey, ssm, arn(name)), use("ReEncryptTo", keyARN, ssm, arn(name)),
						{Action: "kms:" + action, Resource: keyARN, Context: iameval.Context{"kms:ViaService": {ssm}}},
					} {
						if d.may(t, miss) {
							t.Errorf("the key may be used so: %+v", miss)
						}
					}
				}
			}
			for _, name := range c.misses {
				if d.may(t, use("Decrypt", keyARN, ssm, arn(name))) {
					t.Errorf("the key may be used for %s", name)
				}
			}
		})
	}
}

// 300 parameters fit into the policies of one role, wherever the stack goes, and a few are
// not spread over policies for what only the deploy knows.
func TestManyParametersFitThePoliciesOfOneRole(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", numbered(300, "some_setting_of_usual_length"))
	for name, stack := range map[string]awscdk.Stack{
		"known":   at(awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"sops:decrypt": "skip"}}), "S", account, ireland),
		"unknown": awscdk.NewStack(awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"sops:decrypt": "skip"}}), new("S"), nil),
	} {
		t.Run(name, func(t *testing.T) {
			key := awskms.Key_FromKeyArn(stack, new("Key"), new(keyOfSecret))
			sopsconstructs.NewSopsParameters(stack, "Parameters", &many{SopsFilePath: "x.sops.json", Prefix: "/some/team/application", EncryptionKey: key})
			environment := strings.NewReplacer(`{"Ref":"AWS::Partition"}`, `aws-us-gov`, `{"Ref":"AWS::Region"}`, `ap-southeast-1`, `{"Ref":"AWS::AccountId"}`, account,
				`{"Fn::Join":["",["`, `"`, `",`, ``, `,"`, ``, `"]]}`, `"`)
			names, inline := 0, 0
			for kind, limit := range map[string]int{"AWS::IAM::Policy": 10_240, "AWS::IAM::ManagedPolicy": 6_144} {
				for _, policy := range resources(t, stack, kind) {
					document := text(policy.Properties["PolicyDocument"])
					names += strings.Count(document, "/some/team/application/some_setting")
					if strings.Contains(document, "Fn::Join") {
						document = environment.Replace(document)
					}
					if kind == "AWS::IAM::Policy" {
						inline += len(document)
					}
					if len(document) > limit {
						t.Errorf("%s %s has %d characters, and IAM takes %d", kind, policy.ID, len(document), limit)
					}
				}
			}
			if inline > 10_240 {
				t.Errorf("the inline policies have %d characters together, and IAM takes 10240", inline)
			}
			if names != 300 {
				t.Errorf("the function may write %d parameters, want 300", names)
			}
			if got := len(resources(t, stack, "AWS::IAM::ManagedPolicy")); got > 8 {
				t.Errorf("they take %d managed policies", got)
			}
		})
	}
}

// What lets the function remove parameters outlasts the Delete of the last construct that
// fills some: CloudFormation deletes a policy after what depends on it, and updates one
// before it deletes anything. The role that is written by hand has the same in its list.
func TestRightsToRemoveParameters(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(nil)
	newSecret(stack, "Secret", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	if got := len(resources(t, stack, "AWS::IAM::Policy")); got != 1 {
		t.Fatalf("a stack of secrets has %d policies", got)
	}
	stack = newStack(nil)
	newSecret(stack, "Secret", sopsconstructs.SopsSecretProps{SopsFilePath: "x.sops.json"})
	sopsconstructs.NewSopsStringParameter(stack, "One", &one{SopsFilePath: "x.sops.json", ParameterName: "one"})
	sopsconstructs.NewSopsParameters(stack, "Many", &many{SopsFilePath: "x.sops.json", Prefix: "/app"})
	owned := oneNamed(t, stack, "AWS::IAM::Policy", "SopsSyncProviderParametersPolicy")
	for _, sync := range resources(t, stack, syncprotocol.ResourceType) {
		waits := strings.Contains(text(sync.raw["DependsOn"]), owned.ID)
		if want := sync.at("Target", "Parameters") != nil; waits != want {
			t.Errorf("%s depends on %s: %v", sync.ID, text(sync.raw["DependsOn"]), want)
		}
	}
	for _, policy := range resources(t, stack, "AWS::IAM::Policy") {
		if other := policy.ID != owned.ID; other == strings.Contains(text(policy.Properties), "ssm:DeleteParameters") {
			t.Errorf("%s is %s", policy.ID, text(policy.Properties))
		}
	}

	stack = newStack(nil)
	role := awsiam.Role_FromRoleArn(stack, new("Role"), new("arn:aws:iam::"+account+":role/function"), nil)
	provider := sopsconstructs.NewSopsSyncProvider(stack, "SopsSyncProvider", &sopsconstructs.SopsSyncProviderProps{Role: role, AutoGrant: new(false)})
	sopsconstructs.NewSopsStringParameter(stack, "One", &one{SopsFilePath: "x.sops.json", ParameterName: "one", SyncProvider: provider})
	var ids []string
	for _, statement := range provider.PolicyStatements() {
		ids = append(ids, *statement.Sid())
	}
	for _, want := range []string{"SopsOwnedParameters", "SopsParameterTags"} {
		if !slices.Contains(ids, want) {
			t.Errorf("the statements %q lack %s", ids, want)
		}
	}
	if got := resources(t, stack, "AWS::IAM::Policy"); len(got) > 0 {
		t.Errorf("with an AutoGrant of false there is %s", text(got[0].raw))
	}
}

// The id of a statement is made of the path and a name: of an ARN it would have the numbers of
// tokens, and would change with whatever else the app makes first.
func TestStatementsOfParametersHaveStableIDs(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", numbered(100, "parameter"))
	stack := newStack(nil)
	sopsconstructs.NewSopsParameters(stack, "Many", &many{SopsFilePath: "x.sops.json", Prefix: "/app"})
	found := 0
	for _, policy := range append(resources(t, stack, "AWS::IAM::Policy"), resources(t, stack, "AWS::IAM::ManagedPolicy")...) {
		for _, statement := range policy.at("PolicyDocument", "Statement").([]any) {
			statement := statement.(map[string]any)
			sid := fmt.Sprint(statement["Sid"])
			if !strings.HasPrefix(sid, "SopsParameters") {
				continue
			}
			found++
			_, name, _ := strings.Cut(text(statement["Resource"].([]any)[0]), ":parameter")
			name, _, _ = strings.Cut(name, `"`)
			if want := keypolicy.StatementID("SopsParameters", "S/Many", name); sid != want {
				t.Errorf("the statement from %s on has the id %s, want %s", name, sid, want)
			}
		}
	}
	if found < 2 {
		t.Errorf("got %d statements, want more", found)
	}
}
