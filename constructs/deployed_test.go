package sopsconstructs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/iameval"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncfunction"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// account is the one that the stacks of these tests are deployed in.
const account = awstest.DefaultAccount

// deployed is a stack as if it were deployed: what its function's role may do,
// and what the function is told.
type deployed struct {
	*iameval.Stack
	partition, region string
	role              string // ARN of the function's role
	logGroup          string
	rights            []*iameval.Document
	ofParameters      []iameval.Request // what was asked of SSM, with the tags as context
	syncs             []map[string]any  // properties of the custom resources
}

// deploy is stack deployed in region, with values for its parameters and for what
// has no ARN of its own.
func deploy(t *testing.T, stack awscdk.Stack, region string, values map[string]string) *deployed {
	t.Helper()
	partition := "aws"
	switch {
	case strings.HasPrefix(region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	template := *assertions.Template_FromStack(stack, nil).ToJSON()
	values = withFunctions(template, values)
	d := &deployed{partition: partition, region: region}
	d.Stack = iameval.NewStack(template, iameval.Environment{Partition: partition, Account: account, Region: region}, values)
	for id, r := range template["Resources"].(map[string]any) {
		r := r.(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		var err error
		switch r["Type"] {
		case "AWS::Logs::LogGroup":
			d.logGroup = id
		case "AWS::Lambda::Function":
			if d.role, err = d.Text(properties["Role"]); err == nil {
				d.rights, err = d.Identity(d.role)
			}
		case syncprotocol.ResourceType:
			var resolved any
			if resolved, err = d.Resolve(properties); err == nil {
				d.syncs = append(d.syncs, resolved.(map[string]any))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// withFunctions adds ARNs for the template's functions.
func withFunctions(template map[string]any, values map[string]string) map[string]string {
	all := map[string]string{}
	for id, r := range template["Resources"].(map[string]any) {
		if r.(map[string]any)["Type"] == "AWS::Lambda::Function" {
			all[id+".Arn"] = "arn:aws:lambda:eu-west-1:" + account + ":function:" + id
		}
	}
	for name, value := range values {
		all[name] = value
	}
	return all
}

// may reports whether the function's own policies allow r.
func (d *deployed) may(t *testing.T, r iameval.Request) bool {
	t.Helper()
	allowed, err := iameval.Allowed(d.rights, r)
	if err != nil {
		t.Fatal(err)
	}
	return allowed
}

// surroundings are what the function finds in AWS.
type surroundings struct {
	keys    []string          // ARNs of KMS keys
	aliases map[string]string // ARN of an alias -> ARN of the key
	objects map[string][]byte // "bucket/key" -> content
	// ageSecrets and ageParameters hold age identities: ARNs of secrets, and names of
	// parameters.
	ageSecrets, ageParameters []string
}

// calls runs the function for each custom resource, with these surroundings, and
// gives what it asks AWS for in its own name, once with all keys in order and once
// with none: then it tries every entry of the file.
func (d *deployed) calls(t *testing.T, around surroundings) []iameval.Request {
	t.Helper()
	var requests []iameval.Request
	seen := map[string]bool{}
	for _, failure := range []string{"DisabledException", ""} {
		for _, call := range d.run(t, around, failure) {
			if call.Service == "ssm" { // see ofParameters
				continue
			}
			r := around.request(call)
			if call.Service == "s3" { // the stand-in knows one partition
				r.Resource = strings.Replace(r.Resource, "arn:aws:", "arn:"+d.partition+":", 1)
			}
			if id := text(r); call.Role == "" && !seen[id] {
				seen[id] = true
				requests = append(requests, r)
			}
		}
	}
	for _, r := range d.ofParameters {
		if id := text(r); !seen[id] {
			seen[id] = true
			requests = append(requests, r)
		}
	}
	return requests
}

func (d *deployed) run(t *testing.T, around surroundings, keysFail string) []awstest.Call {
	t.Helper()
	server, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	added := map[string]*awstest.Key{}
	for _, arn := range around.keys {
		added[arn] = server.AddKey(arn).Fail(keysFail)
	}
	for alias, arn := range around.aliases {
		server.AddAlias(alias, added[arn])
	}
	buckets := map[string]*awstest.Bucket{}
	for path, content := range around.objects {
		bucket, key, _ := strings.Cut(path, "/")
		if buckets[bucket] == nil {
			buckets[bucket] = server.AddBucket(bucket)
		}
		buckets[bucket].Put(key, content)
	}
	secrets, parameters := server.AddSecretsManager(), server.AddParameters()
	for _, arn := range around.ageSecrets {
		secrets.AddSecret(arn).Put("v", identity.String())
	}
	for _, name := range around.ageParameters {
		parameters.Put(name, "SecureString", identity.String())
	}
	parameters.Authorize(func(action, name string, tags map[string]string) bool {
		r := iameval.Request{Action: "ssm:" + action, Context: iameval.Context{},
			Resource: fmt.Sprintf("arn:%s:ssm:%s:%s:parameter/%s", d.partition, d.region, account, strings.TrimPrefix(name, "/"))}
		if owner := tags[syncprotocol.TagStack]; owner != "" {
			r.Context["aws:ResourceTag/"+syncprotocol.TagStack] = []string{owner}
		}
		d.ofParameters = append(d.ofParameters, r)
		return d.may(t, r)
	})
	answers := awstest.StartReceiver()
	defer answers.Close()

	environment := map[string]string{}
	for _, variable := range server.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		environment[name] = value
	}
	environment["AWS_REGION"] = d.region
	cfg := syncfunction.Config(func(name string) string { return environment[name] })
	handler := syncfunction.New(syncfunction.NewClients(cfg), func(file *sopsfile.Metadata, places []masterkey.IdentityPlace) sopsfile.Unwrapper {
		return masterkey.ForFunction(cfg, masterkey.Options{Region: cfg.Region, File: file}, places...)
	}, slog.New(slog.NewTextHandler(io.Discard, nil)), "")
	left := false // there is what the rights name no more
	for _, properties := range d.syncs {
		kinds := []string{"Create"}
		if arn, secret := field(properties, "Target", "SecretArn").(string); secret {
			// It has a value: the first version needs no label moved.
			secrets.AddSecret(arn).Put(strings.Repeat("f", 32), "before")
		} else {
			// The first one was there, is taken over and given back; then all change and go.
			parameters.SetRate(1000)
			parameters.SetRecreateAfter(0)
			parameters.Put(field(properties, "Target", "Parameters", "Names").([]any)[0].(string), "SecureString", "before")
			kinds = []string{"Create", "Delete", "Create", "Update", "Delete"}
		}
		old := properties
		stackID, err := d.Text(map[string]any{"Ref": "AWS::StackId"})
		if err != nil {
			t.Fatal(err)
		}
		if target, ok := field(properties, "Target", "Parameters").(map[string]any); ok {
			target = maps.Clone(target)
			target["Description"] = "another"
			// What the rights name no more: one of the stack, one of somebody else, and one that is gone.
			target["Names"] = append(slices.Clone(target["Names"].([]any)), "/left/own", "/left/another", "/left/none")
			left = true
			parameters.Put("/left/own", "SecureString", "before")
			parameters.Put("/left/another", "SecureString", "before")
			parameters.SetTag("/left/own", syncprotocol.TagStack, stackID)
			parameters.SetTag("/left/own", syncprotocol.TagResource, "l")
			old = maps.Clone(properties)
			old["Target"] = map[string]any{"Parameters": target}
		}
		for _, kind := range kinds {
			event, err := json.Marshal(map[string]any{
				"RequestType": kind, "RequestId": "r", "StackId": stackID, "LogicalResourceId": "l", "PhysicalResourceId": "p",
				"ResponseURL": answers.URL(time.Now()), "ResourceProperties": properties, "OldResourceProperties": old,
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := handler.Invoke(context.Background(), event); err != nil {
				t.Fatal(err)
			}
		}
	}
	if names := parameters.Names(); keysFail == "" && (slices.Contains(names, "/left/own") || left && !slices.Contains(names, "/left/another")) {
		t.Errorf("left are %q", names)
	}
	for _, answer := range answers.Answers() {
		if failed := !strings.Contains(string(answer.Body), `"SUCCESS"`); failed && keysFail == "" {
			t.Fatalf("the function fails: %s", answer.Body)
		}
	}
	return server.Calls()
}

func (s surroundings) request(call awstest.Call) iameval.Request {
	r := iameval.Request{Action: call.Service + ":" + call.Action, Resource: call.Resource, Context: iameval.Context{}}
	if call.Service != "kms" {
		return r
	}
	for name, value := range call.Context {
		r.Context["kms:EncryptionContext:"+name] = []string{value}
		r.Context["kms:EncryptionContextKeys"] = append(r.Context["kms:EncryptionContextKeys"], name)
	}
	if target, isAlias := s.aliases[call.Resource]; isAlias {
		alias := call.Resource[strings.Index(call.Resource, ":alias/")+1:]
		r.Resource = target
		r.Context["kms:RequestAlias"] = []string{alias}
		r.Context["kms:ResourceAliases"] = []string{"alias/further", alias}
	}
	return r
}

// read is the content of a file of the test.
func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// stackIn is a stack "S" in region.
func stackIn(region string, context map[string]any) awscdk.Stack {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context, TreeMetadata: new(false)})
	return awscdk.NewStack(app, new("S"), &awscdk.StackProps{Env: &awscdk.Environment{Region: &region}})
}
