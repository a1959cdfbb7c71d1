package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

const (
	secretARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:bench-AbCdEf"
	keyARN    = "arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-4111-8111-111111111111"
	stackID   = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Bench/0a1b2c3d-0000-4000-8000-000000000000"
	values    = 18
)

// world is what a function's process can reach: AWS behind TLS, a Runtime API and
// a ResponseURL, all on the loopback interface.
type world struct {
	aws      *awstest.Server
	secrets  *awstest.SecretsManager
	gateway  *gateway
	receiver *awstest.Receiver
	file     []byte            // encrypted
	want     map[string]string // what the secret holds afterwards
}

func newWorld(dir string) (*world, error) {
	w := &world{want: map[string]string{}}
	var clear strings.Builder
	for i := range values {
		name, value := fmt.Sprintf("setting_%02d", i), fmt.Sprintf("value-%02d-%s", i, strings.Repeat("x", i))
		w.want[name] = value
		fmt.Fprintf(&clear, ",%q:%q", name, value)
	}
	var err error
	w.file, err = sopstest.File{JSON: "{" + clear.String()[1:] + "}", KMS: []sopstest.KMS{{ARN: keyARN}}}.Encrypt()
	if err != nil {
		return nil, err
	}
	if w.aws, err = awstest.Start(); err != nil {
		return nil, err
	}
	w.aws.AddKey(keyARN)
	w.secrets = w.aws.AddSecretsManager()
	w.receiver = awstest.StartReceiver()
	w.gateway, err = startGateway(dir, w.aws.URL(), w.receiver.URL(time.Now()))
	return w, err
}

func (w *world) close() {
	w.gateway.close()
	w.receiver.Close()
	w.aws.Close()
}

// run starts a process of f, lets it handle one Update, and notes what that took.
func (w *world) run(f *function, request int) error {
	api, err := awstest.StartLambda()
	if err != nil {
		return err
	}
	defer api.Close()
	secret := w.secrets.AddSecret(secretARN)
	secret.Put(strings.Repeat("0", 32), "before")
	payload, err := f.event(w, request)
	if err != nil {
		return err
	}
	process := exec.Command(f.binary)
	process.Env = slices.Concat(w.environ(), api.Environ())
	answers := len(w.receiver.Answers())
	start := time.Now()
	if err := process.Start(); err != nil {
		return err
	}
	defer func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	}()
	for api.Asked().IsZero() {
		if time.Since(start) > 10*time.Second {
			return errors.New("it asked for no event in 10 s")
		}
		time.Sleep(100 * time.Microsecond)
	}
	f.ready = append(f.ready, api.Asked().Sub(start))
	time.Sleep(20 * time.Millisecond) // let what its start left behind end
	start = time.Now()
	o, err := api.Invoke(payload, 30*time.Second, 30*time.Second)
	took := time.Since(start)
	if err != nil {
		return err
	}
	if o.Failed {
		return fmt.Errorf("it reported an error: %s", o.Body)
	}
	if err := w.check(secret, answers); err != nil {
		return err
	}
	f.handle = append(f.handle, took)
	memory, err := mostMemory(process.Process.Pid)
	f.memory = append(f.memory, memory)
	return err
}

// environ is that of awstest, without the endpoint: requests go to the names of
// AWS, and by the proxy to the gateway.
func (w *world) environ() []string {
	out := slices.DeleteFunc(w.aws.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "AWS_ENDPOINT_URL=") })
	return append(out, w.gateway.environ()...)
}

// check wants one answer, SUCCESS, and the values in the secret.
func (w *world) check(secret *awstest.Secret, before int) error {
	answers := w.receiver.Answers()
	if len(answers) != before+1 {
		return fmt.Errorf("CloudFormation got %d answers", len(answers)-before)
	}
	var answer struct{ Status, Reason string }
	if err := json.Unmarshal(answers[before].Body, &answer); err != nil {
		return err
	}
	if answer.Status != "SUCCESS" {
		return fmt.Errorf("it answered %s: %s", answer.Status, answer.Reason)
	}
	content, _, _ := secret.Value("AWSCURRENT")
	var got map[string]string
	if err := json.Unmarshal(content, &got); err != nil || !maps.Equal(got, w.want) {
		return errors.New("the secret does not hold the file's values")
	}
	return nil
}

// responseURL is where the answer to a request goes: at a name of AWS, since the function
// takes no other.
func (w *world) responseURL() string {
	_, path, _ := strings.Cut(strings.TrimPrefix(w.receiver.URL(time.Now()), "http://"), "/")
	return "https://" + answersHost + "/" + path
}

// request is an Update of CloudFormation.
func (w *world) request(number int, kind, physical string, props map[string]any) map[string]any {
	props["ServiceToken"] = "arn:aws:lambda:eu-west-1:111122223333:function:sync"
	return map[string]any{
		"RequestType":           "Update",
		"RequestId":             fmt.Sprintf("%08d-0000-4000-8000-000000000000", number),
		"ResponseURL":           w.responseURL(),
		"ResourceType":          kind,
		"StackId":               stackID,
		"LogicalResourceId":     "Sync",
		"PhysicalResourceId":    physical,
		"ResourceProperties":    props,
		"OldResourceProperties": props,
	}
}

func ourEvent(w *world, request int) ([]byte, error) {
	file, err := syncprotocol.EncodeFile(w.file)
	if err != nil {
		return nil, err
	}
	return json.Marshal(w.request(request, syncprotocol.ResourceType, "sopssync:"+secretARN, map[string]any{
		"Protocol": syncprotocol.Version,
		"Target":   map[string]any{"SecretArn": secretARN},
		"File":     map[string]any{"Name": "bench.sops.json", "Format": "json", "Content": file},
		"Output":   map[string]any{"Mode": "flat"},
	}))
}

// mostMemory is the most that a process had resident so far, in bytes.
func mostMemory(pid int) (int64, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("the kernel does not say how much memory the process had")
}
