package syncfunction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// asked is one request of a scenario.
type asked struct {
	kind    string // requestCreate, requestUpdate, requestDelete or byHand
	content string // the one value of its file
	old     string // the same for OldResourceProperties, of an Update
	date    int    // its place in CloudFormation's order
}

// byHand is no request: somebody writes the secret.
const (
	byHand  = "by hand"
	handsID = "ffffffff-0000-4000-8000-000000000000"
)

func (r asked) same() bool { return r.old == r.content }

// event returns the request as CloudFormation sends it. Two with one date are one
// request, delivered twice.
func (r asked) event() event {
	e := event{
		requestType: r.kind, requestID: fmt.Sprint(r.date), stackID: "stack", logicalResourceID: "logical",
		responseURL: fmt.Sprintf("https://answer/?X-Amz-Date=20260102T0304%02dZ", r.date),
		properties:  propertiesWith(r.content, r.date),
	}
	switch r.kind {
	case requestDelete:
		e.physicalResourceID = "Stack-Logical-1ABCDEF" // of a Create that was never answered
	case requestUpdate:
		e.oldProperties = propertiesWith(r.old, r.date-1)
	}
	return e
}

var overlapKey = []byte("a data key for the overlap tests")

// propertiesWith returns properties with a file of one value. Each call encrypts anew,
// so two files of one value differ in every byte.
func propertiesWith(value string, date int) json.RawMessage {
	file, err := sopstest.File{JSON: `{"v": "` + value + `"}`, KMS: []sopstest.KMS{{ARN: "arn:aws:kms:eu-west-1:111122223333:key/k"}}, DataKey: overlapKey}.Encrypt()
	if err != nil {
		panic(err)
	}
	content, err := syncprotocol.EncodeFile(file)
	if err != nil {
		panic(err)
	}
	raw, err := json.Marshal(syncprotocol.Properties{
		Protocol: syncprotocol.Version,
		Target:   syncprotocol.Target{SecretArn: "arn"},
		File:     syncprotocol.File{Name: fmt.Sprint("file ", date), Format: "json", Content: content},
	})
	if err != nil {
		panic(err)
	}
	return raw
}

// rendered is what a file with that value renders to.
func rendered(value string) string { return `{"v":"` + value + `"}` }

type overlapUnwrapper struct{}

func (overlapUnwrapper) Unwrap(context.Context, sopsfile.MasterKey) ([]byte, error) {
	return slices.Clone(overlapKey), nil
}

// process is the function that handles one request.
type process struct {
	event        event
	ignoreBefore bool // step 3's second condition is taken out
	runs         *int
}

// point is where a process stands: before a call, or at its end. It follows from the
// answers so far, and from nothing else.
type point struct {
	of     *process
	number int
	call   *call // nil at the end
	err    error // of the request, at the end
	script []reply
	then   map[string]*point // by answer
}

// call is one call of Secrets Manager.
type call struct {
	name string
	get  *secretsmanager.GetSecretValueInput
	put  *secretsmanager.PutSecretValueInput
	move *secretsmanager.UpdateSecretVersionStageInput
}

func (c *call) reads() bool { return c.put == nil && c.move == nil }

// reply is the answer to a call.
type reply struct {
	out any
	err error
}

// text says all that is in the reply.
func (r reply) text() string {
	if r.err != nil {
		return fmt.Sprintf("%T", r.err)
	}
	switch out := r.out.(type) {
	case *secretsmanager.DescribeSecretOutput:
		return fmt.Sprint(out.VersionIdsToStages) // in the order of the ids
	case *secretsmanager.GetSecretValueOutput:
		return *out.VersionId + "=" + *out.SecretString
	case *secretsmanager.PutSecretValueOutput:
		return strings.Join(out.VersionStages, " ")
	}
	return ""
}

// after returns the point that follows p when its call is answered with r. The
// production code runs from its beginning when it has not had these answers before.
func (p *point) after(r reply) *point {
	text := r.text()
	if p.then[text] == nil {
		p.then[text] = p.of.run(append(slices.Clip(p.script), r))
	}
	return p.then[text]
}

// run handles the request with the answers of script and returns where it stands then.
func (p *process) run(script []reply) (at *point) {
	*p.runs++
	at = &point{of: p, number: *p.runs, script: script, then: map[string]*point{}}
	secrets := &scripted{replies: script}
	defer func() {
		if e := recover(); e != nil && e != any(errScriptEnds) {
			panic(e)
		}
		at.call = secrets.waits
		if at.call != nil {
			at.err = nil
		}
	}()
	s := &task{
		Handler: &Handler{clients: Clients{Secrets: secrets}, keys: func(*sopsfile.Metadata, []masterkey.IdentityPlace) sopsfile.Unwrapper { return overlapUnwrapper{} }},
		event:   p.event, log: slog.New(slog.DiscardHandler), start: time.Now(),
	}
	if p.event.requestType == byHand {
		_, at.err = secrets.PutSecretValue(context.Background(), &secretsmanager.PutSecretValueInput{
			ClientRequestToken: aws.String(handsID), SecretString: aws.String("by hand"),
		})
		return at
	}
	if p.ignoreBefore {
		s.event.oldProperties = s.event.properties
	}
	_, at.err = s.run(context.Background())
	return at
}

// scripted is a Secrets Manager that gives answers that were given before. The first
// call without one ends the run.
type scripted struct {
	replies []reply
	waits   *call
}

var errScriptEnds = errors.New("the script ends")

func (s *scripted) answer(c *call) reply {
	if s.waits == nil && len(s.replies) > 0 {
		r := s.replies[0]
		s.replies = s.replies[1:]
		return r
	}
	if s.waits == nil {
		s.waits = c
	}
	panic(errScriptEnds)
}

func (s *scripted) DescribeSecret(context.Context, *secretsmanager.DescribeSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	r := s.answer(&call{name: "describe"})
	out, _ := r.out.(*secretsmanager.DescribeSecretOutput)
	return out, r.err
}

func (s *scripted) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	r := s.answer(&call{name: "get", get: in})
	out, _ := r.out.(*secretsmanager.GetSecretValueOutput)
	return out, r.err
}

func (s *scripted) PutSecretValue(_ context.Context, in *secretsmanager.PutSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	r := s.answer(&call{name: "put", put: in})
	out, _ := r.out.(*secretsmanager.PutSecretValueOutput)
	return out, r.err
}

func (s *scripted) UpdateSecretVersionStage(_ context.Context, in *secretsmanager.UpdateSecretVersionStageInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	r := s.answer(&call{name: "move", move: in})
	return &secretsmanager.UpdateSecretVersionStageOutput{}, r.err
}
