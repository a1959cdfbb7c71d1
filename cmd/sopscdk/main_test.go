package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sopscdk": main, "sops": fakeSops})
}

// TestScripts runs the scripts in testdata, which show how each command is used. Besides the
// commands of testscript they have:
//
//	encrypt FILE CLEAR [RECIPIENT...]   makes a SOPS file from a JSON file
//	found, wrong, fails ARG...          run sopscdk, which must exit with 1, 2 or 3
//	edit FILE CLEAR                     changes it as sops edit does: what stays keeps its ciphertext
//	old FILE                            makes its keys those of the year 2020
//	tamper FILE                         changes its first encrypted value
//	large BYTES FILE [EACH]             makes a JSON file with so many bytes, 1000 in each value
//	secret NAME CLEAR                   makes a secret of Secrets Manager
//	parameter NAME TYPE VALUE           makes a parameter of SSM
//	resetcalls                          forgets the calls to AWS so far
//	calls N                             says that AWS was called N times since the last time
//
// A recipient is ARN, ARN+ROLE, or "age" for the identity in $SOPS_AGE_KEY; the default is the
// key $KEY and age. The environment has a stand-in for AWS, with the keys $KEY and $KEY2.
func TestScripts(t *testing.T) {
	var s scripts
	testscript.Run(t, testscript.Params{
		Dir:   "testdata",
		Setup: s.setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"encrypt": s.encrypt, "edit": s.edit, "old": s.old, "calls": s.calls, "resetcalls": s.reset, "tamper": s.tamper, "secret": s.secret, "parameter": s.parameter, "large": s.large,
			"found": exits(exitFound), "wrong": exits(exitUsage), "fails": exits(exitFailed),
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// The keys of every script.
const (
	key  = "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001"
	gone = "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000009" // which does not exist
	key2 = "arn:aws:kms:us-east-1:111122223333:key/1111aaaa-0000-4000-8000-000000000002"
)

// scripts are the commands of the scripts.
type scripts struct{}

// made is what a script's file was made from.
type made struct {
	dataKey      []byte
	clear, bytes string
}

type state struct {
	recipient string
	made      map[string]*made
	server    *awstest.Server
	secrets   *awstest.SecretsManager
	ssm       *awstest.Parameters
}

type stateKey struct{}

// setup gives a script an age identity that is made for it, and a stand-in for AWS.
func (scripts) setup(env *testscript.Env) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	server, err := awstest.Start()
	if err != nil {
		return err
	}
	env.Defer(server.Close)
	server.AddKey(key)
	server.AddKey(key2)
	env.Vars = append(env.Vars, server.Environ()...)
	module, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	env.Vars = append(env.Vars,
		"SOPS_AGE_KEY="+identity.String(), "RECIPIENT="+identity.Recipient().String(), "KEY="+key, "KEY2="+key2, "ROLE=arn:aws:iam::111122223333:role/dev", "GONE="+gone, "MODULE="+module,
		"HOME="+env.WorkDir, "XDG_CONFIG_HOME="+env.WorkDir, "XDG_CACHE_HOME="+cache,
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	env.Values[stateKey{}] = &state{identity.Recipient().String(), map[string]*made{}, server, server.AddSecretsManager(), server.AddParameters()}
	return nil
}

// exits returns a command of scripts that runs sopscdk, which must exit with code.
func exits(code int) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		err := ts.Exec("sopscdk", args...)
		exit, ok := errors.AsType[*exec.ExitError](err)
		if neg || !ok || exit.ExitCode() != code {
			ts.Fatalf("sopscdk: %v, want exit status %d", err, code)
		}
	}
}

// file returns what a SOPS file is made of.
func (s *state) file(m *made, recipients []string) sopstest.File {
	file := sopstest.File{JSON: m.clear, DataKey: m.dataKey}
	for _, recipient := range recipients {
		arn, role, _ := strings.Cut(recipient, "+")
		switch {
		case recipient == "age":
			file.Age = append(file.Age, s.recipient)
		case strings.HasPrefix(recipient, "age1"):
			file.Age = append(file.Age, recipient)
		default:
			file.KMS = append(file.KMS, sopstest.KMS{ARN: arn, Role: role})
		}
	}
	return file
}

func (scripts) encrypt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: encrypt FILE CLEAR [RECIPIENT...]")
	}
	s := ts.Value(stateKey{}).(*state)
	recipients := args[2:]
	if len(recipients) == 0 {
		recipients = []string{key, "age"}
	}
	m := &made{dataKey: fmt.Appendf(nil, "%032d", len(s.made)), clear: ts.ReadFile(args[1])}
	content, err := s.file(m, recipients).Encrypt()
	ts.Check(err)
	m.bytes = created.ReplaceAllString(string(content), `"created_at":"`+time.Now().UTC().Format(time.RFC3339)+`"`)
	s.made[args[0]] = m
	write(ts, args[0], []byte(m.bytes))
}

func (scripts) edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: edit FILE CLEAR")
	}
	s := ts.Value(stateKey{}).(*state)
	old := s.made[args[0]]
	m := &made{dataKey: old.dataKey, clear: ts.ReadFile(args[1])}
	content, err := s.file(m, nil).Encrypt()
	ts.Check(err)
	text := string(content)

	// What did not change keeps its token, and the data key stays wrapped as it is.
	clears, tokens := [2]map[string]any{}, [2]map[string]any{}
	for i, from := range []string{old.clear, m.clear} {
		clears[i] = leaves(ts, from)
	}
	for i, from := range []string{old.bytes, text} {
		tokens[i] = leaves(ts, from)
	}
	for path, value := range clears[1] {
		if had, ok := clears[0][path]; ok && had == value {
			text = strings.Replace(text, fmt.Sprintf("%q", tokens[1][path]), fmt.Sprintf("%q", tokens[0][path]), 1)
		}
	}
	for _, list := range []string{"kms", "age", "pgp"} {
		text = strings.Replace(text, fmt.Sprintf("%q:null", list), fmt.Sprintf("%q:%s", list, metadata(ts, old.bytes, list)), 1)
	}
	m.bytes = text
	s.made[args[0]] = m
	write(ts, args[0], []byte(text))
}

// created is when an entry was made, which nothing authenticates.
var created = regexp.MustCompile(`"created_at":"[^"]*"`)

func (scripts) old(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: old FILE")
	}
	write(ts, args[0], created.ReplaceAll([]byte(ts.ReadFile(args[0])), []byte(`"created_at":"2020-01-01T00:00:00Z"`)))
}

func (scripts) tamper(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tamper FILE")
	}
	const token = "ENC[AES256_GCM,data:"
	before, after, found := strings.Cut(ts.ReadFile(args[0]), token)
	first := "A"
	if strings.HasPrefix(after, first) {
		first = "B"
	}
	if !found {
		ts.Fatalf("%s has no encrypted value", args[0])
	}
	write(ts, args[0], []byte(before+token+first+after[1:]))
}

func (scripts) secret(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: secret NAME CLEAR")
	}
	arn := "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + args[0] + "-AbCdEf"
	ts.Value(stateKey{}).(*state).secrets.AddSecret(arn).Put("00000000-0000-4000-8000-000000000001", strings.TrimSuffix(ts.ReadFile(args[1]), "\n"))
}

func (scripts) parameter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: parameter NAME TYPE VALUE")
	}
	ts.Value(stateKey{}).(*state).ssm.Put(args[0], args[1], args[2])
}

func (scripts) large(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: large BYTES FILE [EACH]")
	}
	size, err := strconv.Atoi(args[0])
	ts.Check(err)
	each := 1000
	if len(args) > 2 {
		each, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	values := map[string]string{}
	for i := 0; i*each < size; i++ {
		values[fmt.Sprintf("value%d", i)] = strings.Repeat("v", min(each, size-i*each))
	}
	content, err := json.Marshal(values)
	ts.Check(err)
	write(ts, args[1], content)
}

func (scripts) reset(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Value(stateKey{}).(*state).server.ResetCalls()
}

func (scripts) calls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: calls N")
	}
	server := ts.Value(stateKey{}).(*state).server
	if calls := server.Calls(); fmt.Sprint(len(calls)) != args[0] {
		ts.Fatalf("AWS was called %d times, want %s: %v", len(calls), args[0], calls)
	}
	server.ResetCalls()
}

func metadata(ts *testscript.TestScript, content, list string) string {
	var file struct{ Sops map[string]json.RawMessage }
	ts.Check(json.Unmarshal([]byte(content), &file))
	return string(file.Sops[list])
}

// leaves returns the values of a JSON file by their paths, without the metadata.
func leaves(ts *testscript.TestScript, content string) map[string]any {
	var fields map[string]any
	ts.Check(json.Unmarshal([]byte(content), &fields))
	delete(fields, "sops")
	found := map[string]any{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				walk(path+"/"+name, inner)
			}
		case []any:
			for i, inner := range v {
				walk(fmt.Sprintf("%s/%d", path, i), inner)
			}
		default:
			found[path] = v
		}
	}
	walk("", fields)
	return found
}

func write(ts *testscript.TestScript, name string, content []byte) {
	path := ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	ts.Check(os.WriteFile(path, content, 0o644))
}
