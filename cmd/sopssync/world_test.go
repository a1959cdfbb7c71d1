package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	secretARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:sops_credentials-AbCdEf"
	keyUS     = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111"
	keyAP     = "arn:aws:kms:ap-southeast-2:111122223333:key/22222222-2222-4222-8222-222222222222"
	aliasAP   = "arn:aws:kms:ap-southeast-2:111122223333:alias/sops"
	stackID   = "arn:aws:cloudformation:eu-west-1:111122223333:stack/SopsSecretsManagerStack/0a1b2c3d-0000-4000-8000-000000000000"
	logical   = "SopsCredentialsSync1A2B3C4D"
	physical  = "sopssync:" + secretARN
)

// defaultTimeout is the Lambda timeout of a scenario that says nothing else.
const defaultTimeout = 12 * time.Second

// briefTimeout is the Lambda timeout of a scenario that ends with it: what fails is
// tried until then. A quarter of it is for the answer, on a busy machine too.
const briefTimeout = 8 * time.Second

// world is the function's process and all that it can reach. The function runs
// in eu-west-1, where the secret is; the file's keys are elsewhere, so that their
// regions can fail alone.
type world struct {
	t          *testing.T
	aws        *awstest.Server
	secrets    *awstest.SecretsManager
	secret     *awstest.Secret
	parameters *awstest.Parameters
	us, ap     *awstest.Key
	lambda     *awstest.Lambda
	receiver   *awstest.Receiver
	log        *lockedBuffer

	process  int      // its id
	values   []string // that no log and no answer may hold
	requests int
	answers  int
}

// sources are those of the binary.
var sources sync.Once

// newWorld starts the function with these variables besides those that it has in Lambda.
func newWorld(t *testing.T, more ...string) *world {
	t.Helper()
	sources.Do(func() { sopstest.DependOnSources(t, ".", "../../internal") })
	w := &world{t: t, log: &lockedBuffer{}, values: []string{awstest.ResponseCredential}}
	var err error
	if w.aws, err = awstest.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.aws.Close)
	if w.lambda, err = awstest.StartLambda(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.lambda.Close)
	w.receiver = awstest.StartReceiver()
	t.Cleanup(w.receiver.Close)
	w.us, w.ap = w.aws.AddKey(keyUS), w.aws.AddKey(keyAP)
	w.secrets = w.aws.AddSecretsManager()
	w.secret = w.secrets.AddSecret(secretARN)
	w.parameters = w.aws.AddParameters()

	t.Cleanup(func() {
		w.silent(w.log.String())
		w.structured()
		if t.Failed() {
			t.Logf("the function's log:\n%s", w.log.String())
		}
	})
	w.start(more...)
	return w
}

// start starts a process of the function, with these variables besides those that it has
// in Lambda. It ends with the test.
func (w *world) start(more ...string) {
	w.t.Helper()
	function := exec.CommandContext(w.t.Context(), binary)
	function.Env = slices.Concat(w.aws.Environ(), w.lambda.Environ(), more)
	function.Stdout, function.Stderr = w.log, w.log
	if err := function.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.process = function.Process.Pid
	w.t.Cleanup(func() {
		_ = function.Process.Kill()
		_ = function.Wait()
	})
}

// file encrypts values with keys, and sees to it that they are found wherever
// they must not be.
func (w *world) file(keys []wrapper, values ...pair) []byte {
	w.t.Helper()
	for _, v := range values {
		if len(v.value) >= 6 {
			w.values = append(w.values, v.value)
		}
	}
	return encrypt(w.t, w.aws, keys, values...)
}

var bothKeys = []wrapper{{arn: keyUS}, {arn: keyAP}}

// sample is a file whose values all begin with the word version.
func (w *world) sample(version string) []byte {
	w.t.Helper()
	return w.file(bothKeys, pair{"my_api_key", version + "-plaintext-one"}, pair{"my_first_secret", version + "-plaintext-two"})
}

// flat is what a sample of that version renders to.
func flat(version string) string {
	return fmt.Sprintf(`{"my_api_key":"%s-plaintext-one","my_first_secret":"%s-plaintext-two"}`, version, version)
}

// properties are those of a construct for file.
func properties(t *testing.T, file []byte) map[string]any {
	t.Helper()
	encoded, err := syncprotocol.EncodeFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"ServiceToken":   "arn:aws:lambda:eu-west-1:111122223333:function:sopssync",
		"ServiceTimeout": "180",
		"Protocol":       syncprotocol.Version,
		"Target":         map[string]any{"SecretArn": secretARN},
		"File":           map[string]any{"Name": "sops/mymanagedsecrets.sops.json", "Format": "json", "Content": encoded},
		"Output":         map[string]any{"Mode": "flat"},
	}
}

// part is one of the properties that are maps: Target, File or Output.
func part(props map[string]any, name string) map[string]any {
	return props[name].(map[string]any)
}

// propertiesOf are the resource's properties in an event.
func propertiesOf(event map[string]any) map[string]any {
	return event["ResourceProperties"].(map[string]any)
}

// request is an event of CloudFormation. Each has a new RequestId.
func (w *world) request(kind string, props map[string]any) map[string]any {
	w.requests++
	e := map[string]any{
		"RequestType":        kind,
		"RequestId":          fmt.Sprintf("%08d-0000-4000-8000-000000000000", w.requests),
		"ResponseURL":        w.receiver.URL(time.Now()),
		"ResourceType":       syncprotocol.ResourceType,
		"StackId":            stackID,
		"LogicalResourceId":  logical,
		"ServiceToken":       "arn:aws:lambda:eu-west-1:111122223333:function:sopssync",
		"ResourceProperties": props,
	}
	if kind != "Create" {
		e["PhysicalResourceId"] = physical
	}
	if kind == "Update" {
		e["OldResourceProperties"] = props
	}
	return e
}

func (w *world) create(file []byte) map[string]any {
	w.t.Helper()
	return w.request("Create", properties(w.t, file))
}

func (w *world) update(file []byte) map[string]any {
	w.t.Helper()
	return w.request("Update", properties(w.t, file))
}

// updateFrom is an Update whose old properties have another file: a new value, or the
// rollback of one.
func (w *world) updateFrom(old, file []byte) map[string]any {
	w.t.Helper()
	e := w.update(file)
	e["OldResourceProperties"] = properties(w.t, old)
	return e
}

// at is e as CloudFormation sent it so many seconds from now.
func (w *world) at(seconds int, e map[string]any) map[string]any {
	return w.sent(time.Now().Add(time.Duration(seconds)*time.Second), e)
}

// sent is e as CloudFormation sent it then.
func (w *world) sent(then time.Time, e map[string]any) map[string]any {
	e["ResponseURL"] = w.receiver.URL(then)
	return e
}

// holds wants the secret's current value to be content, and so many versions.
func (w *world) holds(content string, versions int) {
	w.t.Helper()
	got, _, _ := w.secret.Value("AWSCURRENT")
	if string(got) != content {
		w.t.Errorf("the secret holds %q, want %q", got, content)
	}
	if n := w.secret.Versions(); n != versions {
		w.t.Errorf("the secret has %d versions, want %d", n, versions)
	}
}

// called is how often an action was called.
func (w *world) called(service, action string) int {
	n := 0
	for _, c := range w.aws.Calls() {
		if c.Service == service && c.Action == action {
			n++
		}
	}
	return n
}

// silent wants no value in s, nor the ResponseURL's credential.
func (w *world) silent(s string) {
	w.t.Helper()
	for _, v := range w.values {
		if strings.Contains(s, v) {
			w.t.Errorf("%q can be read in a log or an answer", v)
		}
	}
}

// structured wants every line of the log to be a JSON object.
func (w *world) structured() {
	w.t.Helper()
	for line := range strings.Lines(w.log.String()) {
		var object map[string]any
		if json.Unmarshal([]byte(line), &object) != nil {
			w.t.Errorf("a line of the log is not structured: %q", line)
		}
	}
}

// lockedBuffer is a log that can be read while the function writes it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
