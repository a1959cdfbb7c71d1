package syncfunction_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/syncfunction"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// quoting is an AWS that refuses every write, with the value in what it says.
type quoting struct {
	syncfunction.SecretsManager
	quoted []string // the values that it quoted
}

func (q *quoting) refuse(value string) error {
	q.quoted = append(q.quoted, value)
	return &smithy.GenericAPIError{Code: "ValidationException", Message: "Value '" + value + "' failed to satisfy constraint"}
}

func (q *quoting) DescribeSecret(_ context.Context, in *secretsmanager.DescribeSecretInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	return &secretsmanager.DescribeSecretOutput{ARN: in.SecretId, Name: new("x")}, nil
}

func (q *quoting) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return nil, &types.ResourceNotFoundException{Message: new("Secrets Manager can't find the specified secret value for staging label: AWSCURRENT")}
}

func (q *quoting) PutSecretValue(_ context.Context, in *secretsmanager.PutSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	if in.SecretString == nil {
		return nil, q.refuse(string(in.SecretBinary))
	}
	return nil, q.refuse(*in.SecretString)
}

func (q *quoting) UpdateSecretVersionStage(context.Context, *secretsmanager.UpdateSecretVersionStageInput, ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	return nil, q.refuse("-")
}

func (q *quoting) GetObject(context.Context, string, string, int64) ([]byte, error) {
	return []byte(sample), nil
}

func (q *quoting) Call(_ context.Context, action string, in, _ any) error {
	if action != "PutParameter" {
		return &smithy.GenericAPIError{Code: "ParameterNotFound", Message: "not found"}
	}
	encoded, _ := json.Marshal(in)
	var parameter struct{ Value string }
	_ = json.Unmarshal(encoded, &parameter)
	return q.refuse(parameter.Value)
}

func (q *quoting) GetParameter(context.Context, string) (syncfunction.Parameter, error) {
	return syncfunction.Parameter{}, &smithy.GenericAPIError{Code: "ParameterNotFound", Message: "not found"}
}

// junk takes the place of parts of events.
var junk = []any{
	nil, true, -1, 1e300, "", "x", "true", "*", "\x00\n\u202e", strings.Repeat("\"", 5000), strings.Repeat("é", 5000), "{{resolve:ssm:x}}", "${Token[TOKEN.1]}",
	[]any{}, map[string]any{}, []any{nil, []any{[]any{}}}, map[string]any{"": nil, "SecretArn": 1}, "arn:aws:secretsmanager:*:111122223333:secret:x", "H4sIAAAA", "json", "flat",
}

// mutate changes one part of v, at random, and returns it.
func mutate(r *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		var names []string
		for name := range v {
			if name != "ResponseURL" { // where the answers are counted
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			break
		}
		name := names[0]
		for _, other := range names { // the order of a map is another in each run
			if other < name {
				name = other
			}
		}
		for range r.IntN(len(names)) {
			next := ""
			for _, other := range names {
				if other > name && (next == "" || other < next) {
					next = other
				}
			}
			name = next
		}
		switch r.IntN(6) {
		case 0:
			delete(v, name)
		case 1:
			v[name] = junk[r.IntN(len(junk))]
		case 2:
			v[name+"x"] = v[name]
		default:
			v[name] = mutate(r, v[name])
		}
		return v
	case []any:
		if len(v) > 0 {
			v[0] = mutate(r, v[0])
			return append(v, v...)
		}
	case string:
		if len(v) > 0 && r.IntN(2) == 0 {
			at := r.IntN(len(v))
			return v[:at] + []string{"", "\x00", "é", v}[r.IntN(4)] + v[at+r.IntN(2):]
		}
	}
	return junk[r.IntN(len(junk))]
}

// 6,000 mutated events are each answered once, in 4,000 bytes at most; no code panics, and
// no value is in an answer or a log, though AWS quotes it in every refusal.
func TestMutatedEvents(t *testing.T) {
	t.Parallel()
	const events, most = 6000, 4000
	var body []byte
	answers := 0
	taken := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		answers++
	}))
	defer taken.Close()
	var log bytes.Buffer
	aws := &quoting{}
	h := syncfunction.New(syncfunction.Clients{Secrets: aws, Objects: aws, Parameters: aws, Answers: anywhere},
		func(*sopsfile.Metadata, []masterkey.IdentityPlace) sopsfile.Unwrapper { return unwrapper(open) }, slog.New(slog.NewJSONHandler(&log, nil)), "stream")
	content, err := syncprotocol.EncodeFile([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	file := map[string]any{"Name": "x.sops.json", "Format": "json", "Content": content}
	secret := map[string]any{"SecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"}
	properties := []map[string]any{
		{"Target": secret, "File": file},
		{"Target": secret, "File": map[string]any{"Name": "x.sops.json", "Format": "json", "Bucket": "b", "Key": "k", "AllowedKeys": []any{"arn:aws:kms:eu-west-1:111122223333:key/99999999-9999-4999-8999-999999999999"}}},
		{"Target": secret, "File": map[string]any{"Files": []any{file, file}, "Combine": "overlay"}},
		{"Target": map[string]any{"Parameters": map[string]any{"Names": []any{"/app/x"}, "Prefix": "/app", "Separator": "/"}}, "File": file},
	}
	r := rand.New(rand.NewPCG(10, 1))
	said := map[string]int{}
	for i := range events {
		p := properties[i%len(properties)]
		p["Protocol"], p["Output"] = syncprotocol.Version, map[string]any{"Mode": "flat"}
		event := map[string]any{
			"RequestType": []string{"Create", "Update", "Delete"}[i/4%3], "RequestId": "r", "StackId": "s", "LogicalResourceId": "l", "PhysicalResourceId": "p",
			"ResponseURL": taken.URL, "ResourceProperties": p, "OldResourceProperties": properties[0],
		}
		encoded, _ := json.Marshal(event)
		var changed any
		_ = json.Unmarshal(encoded, &changed)
		for range 1 + r.IntN(3) {
			changed = mutate(r, changed)
		}
		payload, _ := json.Marshal(changed)
		if i%5 == 0 { // not JSON any more, behind the URL
			url, _ := json.Marshal(taken.URL)
			payload = append(append([]byte(`{"ResponseURL":`), url...), ',')
			payload = append(payload, encoded[1:1+r.IntN(len(encoded)-1)]...)
		}
		body, answers = nil, 0
		log.Reset()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err := h.Invoke(ctx, payload)
		cancel()
		var answer struct{ Status, Reason string }
		decoded := json.Unmarshal(body, &answer)
		if err != nil || answers != 1 || decoded != nil || len(body) > most || answer.Status == "" {
			t.Fatalf("event %d: %v, %d answers of %d bytes, %v:\n%.500s", i, err, answers, len(body), decoded, payload)
		}
		if strings.Contains(answer.Reason, "panicked") {
			t.Errorf("event %d: %s:\n%.500s", i, answer.Reason, payload)
		}
		for _, value := range aws.quoted {
			if len(value) > 3 && strings.Contains(string(body)+log.String(), value) {
				t.Errorf("event %d: the answer or the log has a value", i)
			}
			said["quoted"]++
		}
		aws.quoted = nil
		said[answer.Status]++
	}
	if said["quoted"] < 100 || said["FAILED"] < events/2 {
		t.Errorf("got %v: most events were not mutated, or nothing was quoted", said)
	}
	t.Log(fmt.Sprint(said))
}
