package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"

	"github.com/ebb7bed6/sopscdk/internal/iameval"
)

const (
	ireland, virginia = "eu-west-1", "us-east-1"
	// otherAccount is one that readers are in; thirdAccount is nobody's.
	otherAccount, thirdAccount = "444455556666", "777788889999"
)

// at is a stack of app in a known account and region.
func at(app awscdk.App, id, account, region string) awscdk.Stack {
	return awscdk.NewStack(app, &id, &awscdk.StackProps{Env: &awscdk.Environment{Account: &account, Region: &region}})
}

// world is some stacks as if they were deployed.
type world struct {
	iameval.World
	stacks map[awscdk.Stack]*iameval.Stack
}

// worldOf deploys stacks in this order. others are identities that they do not
// make, whose policies they may have.
func worldOf(t *testing.T, stacks []awscdk.Stack, others ...string) *world {
	t.Helper()
	w := &world{stacks: map[awscdk.Stack]*iameval.Stack{}}
	var before []*iameval.Stack
	for _, stack := range stacks {
		template := *assertions.Template_FromStack(stack, nil).ToJSON()
		values := withFunctions(template, nil)
		for id, r := range template["Resources"].(map[string]any) {
			r := r.(map[string]any)
			properties, _ := r["Properties"].(map[string]any)
			switch r["Type"] {
			case "AWS::IAM::Role":
				// What Lambda's own policies allow is to write logs.
				if strings.Contains(text(properties["ManagedPolicyArns"]), "service-role/AWSLambda") {
					delete(properties, "ManagedPolicyArns")
				}
			case "AWS::CodeBuild::Project":
				values[id] = id
			case "AWS::Lambda::Function":
				values[id] = id
			}
		}
		env := iameval.Environment{Partition: "aws", Account: known(*stack.Account(), account), Region: known(*stack.Region(), ireland)}
		deployed := iameval.NewStack(template, env, values, before...)
		if err := w.AddStack(deployed, others...); err != nil {
			t.Fatalf("%s: %v", *stack.StackName(), err)
		}
		w.stacks[stack], before = deployed, append(before, deployed)
	}
	return w
}

func known(token, otherwise string) string {
	if *awscdk.Token_IsUnresolved(token) {
		return otherwise
	}
	return token
}

// text is a token of stack once it is deployed.
func (w *world) text(t *testing.T, stack awscdk.Stack, token *string) string {
	t.Helper()
	value, err := w.stacks[stack].Text(stack.Resolve(token))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// may reports whether a principal may do something, with condition keys in pairs.
func (w *world) may(t *testing.T, principal, action, resource string, context ...string) bool {
	t.Helper()
	r := iameval.Request{Principal: principal, Action: action, Resource: resource, Context: iameval.Context{}}
	for i := 0; i < len(context); i += 2 {
		r.Context[context[i]] = []string{context[i+1]}
	}
	allowed, err := w.Allowed(r)
	if err != nil {
		t.Fatal(err)
	}
	return allowed
}

// target is a secret to read, in a region, with its key or "".
type target struct{ secret, key, region string }

// reads tells what a principal can do of what it takes to read: "GetSecretValue",
// "DescribeSecret" and "Decrypt", and, as it should never be, "direct" use of the key.
func (w *world) reads(t *testing.T, principal string, on target, context ...string) string {
	t.Helper()
	var can []string
	for _, action := range []string{"GetSecretValue", "DescribeSecret"} {
		if w.may(t, principal, "secretsmanager:"+action, on.secret, context...) {
			can = append(can, action)
		}
	}
	if on.key == "" {
		return strings.Join(can, " ")
	}
	if w.may(t, principal, "kms:Decrypt", on.key, "kms:ViaService", "secretsmanager."+on.region+".amazonaws.com") {
		can = append(can, "Decrypt")
	}
	elsewhere := map[string]string{ireland: virginia, virginia: ireland}[on.region]
	for _, way := range [][]string{nil, {"kms:ViaService", "ssm." + on.region + ".amazonaws.com"}, {"kms:ViaService", "secretsmanager." + elsewhere + ".amazonaws.com"}} {
		if w.may(t, principal, "kms:Decrypt", on.key, way...) {
			can = append(can, "direct")
		}
	}
	return strings.Join(can, " ")
}

// readsAll is what reads gives for a principal that can read.
func (on target) readsAll() string {
	if on.key == "" {
		return "GetSecretValue DescribeSecret"
	}
	return "GetSecretValue DescribeSecret Decrypt"
}

// checkGrant checks that grantee can read and decrypt, and that nobody else can:
// another role of the account, nor one of another account that its own policies
// allow everything, nor the grantee with another secret or, unless anyKey, another key.
func (w *world) checkGrant(t *testing.T, grantee string, on target, anyKey bool) {
	t.Helper()
	if got := w.reads(t, grantee, on); got != on.readsAll() {
		t.Errorf("the grantee can %q, want %q", got, on.readsAll())
	}
	stranger := "arn:aws:iam::" + account + ":role/stranger"
	w.AddIdentity(stranger)
	if got := w.reads(t, stranger, on); got != "" {
		t.Errorf("a stranger of the account can %q", got)
	}
	foreigner := "arn:aws:iam::" + thirdAccount + ":role/administrator"
	w.AddIdentity(foreigner, everything(t))
	if got := w.reads(t, foreigner, on); got != "" {
		t.Errorf("another account can %q", got)
	}
	other := target{strings.TrimSuffix(on.secret, "-AbCdEf") + "-other-AbCdEf", "", on.region}
	w.AddResource(other.secret, account, nil)
	if on.key != "" && !anyKey {
		other.key = on.key[:strings.LastIndex(on.key, "/")+1] + "another"
		w.AddResource(other.key, account, keyPolicy(t))
	}
	if got := w.reads(t, grantee, other); got != "" {
		t.Errorf("with another secret the grantee can %q", got)
	}
}

// everything is the policy of an administrator.
func everything(t *testing.T) *iameval.Document {
	t.Helper()
	document, err := iameval.ParseIdentity(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{
		"Effect": "Allow", "Action": "*", "Resource": "*",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// keyPolicy is the policy of a key that leaves it to its account, and has further
// statements.
func keyPolicy(t *testing.T, further ...any) *iameval.Document {
	t.Helper()
	statements := append([]any{map[string]any{
		"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": map[string]any{"AWS": "arn:aws:iam::" + account + ":root"},
	}}, further...)
	document, err := iameval.ParseResource(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	return document
}
