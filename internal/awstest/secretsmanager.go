package awstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The staging labels that Secrets Manager moves by itself.
const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
)

// maxSecretBytes is Secrets Manager's limit of one version.
const maxSecretBytes = 65536

// maxStages is how many staging labels one version may have.
const maxStages = 20

// SecretsManager is the Secrets Manager of a [Server]: DescribeSecret,
// GetSecretValue, PutSecretValue and UpdateSecretVersionStage, with the versions,
// staging labels and request tokens of the real one. Add it with [Server.AddSecretsManager]. Its
// methods may be called while requests are served.
type SecretsManager struct {
	mu      sync.Mutex
	secrets map[string]*Secret
	faults  map[string][]*Error
	hooks   map[string]func()
	lost    losses
}

// AddSecretsManager registers a Secrets Manager without secrets.
func (s *Server) AddSecretsManager() *SecretsManager {
	m := &SecretsManager{
		secrets: map[string]*Secret{},
		faults:  map[string][]*Error{},
		hooks:   map[string]func(){},
		lost:    losses{},
	}
	s.HandleTarget("secretsmanager.", m.serve)
	return m
}

// Fail answers the next times requests of action ("PutSecretValue") with the
// exception code. A negative number of times means all. Code "" restores it.
func (m *SecretsManager) Fail(action, code, message string, times int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.faults, action)
	if code == "" {
		return
	}
	e := &Error{Code: code, Message: message}
	if times < 0 {
		m.faults[action] = []*Error{e, nil} // nil: the one before it stays
		return
	}
	m.faults[action] = slices.Repeat([]*Error{e}, times)
}

// After has f called once, when the next request of action was carried out and
// before it is answered: what another caller does in between.
func (m *SecretsManager) After(action string, f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hooks[action] = f
}

// fault is the exception that the next request of action gets, or nil.
func (m *SecretsManager) fault(action string) *Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.faults[action]
	if len(next) == 0 {
		return nil
	}
	if len(next) == 1 || next[1] != nil {
		m.faults[action] = next[1:]
	}
	return next[0]
}

func (m *SecretsManager) hook(action string) {
	m.mu.Lock()
	f := m.hooks[action]
	delete(m.hooks, action)
	m.mu.Unlock()
	if f != nil {
		f()
	}
}

// secretsInput is what the four operations take, together.
type secretsInput struct {
	SecretID           string `json:"SecretId"`
	ClientRequestToken string
	SecretString       *string
	SecretBinary       []byte
	VersionID          string `json:"VersionId"`
	VersionStage       string
	VersionStages      []string

	MoveToVersionID     string `json:"MoveToVersionId"`
	RemoveFromVersionID string `json:"RemoveFromVersionId"`
}

func (m *SecretsManager) serve(r *Request) (any, error) {
	var in secretsInput
	if err := r.Decode(&in); err != nil {
		return nil, err
	}
	if e := m.fault(r.Action); e != nil {
		return nil, e
	}
	answer, err := m.act(r.Action, in)
	m.hook(r.Action)
	if err == nil {
		err = m.loss(r.Action)
	}
	return answer, err
}

func (m *SecretsManager) act(action string, in secretsInput) (any, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.find(in.SecretID)
	if s == nil {
		return nil, &Error{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
	}
	switch action {
	case "DescribeSecret":
		return s.describe(), nil
	case "GetSecretValue":
		return s.get(in)
	case "PutSecretValue":
		return s.put(in)
	case "UpdateSecretVersionStage":
		return s.updateStage(in)
	}
	return nil, &Error{Code: "UnsupportedOperationException", Message: "awstest: Secrets Manager does not know " + action}
}

// find takes a full ARN, one without the random ending, or a name.
func (m *SecretsManager) find(id string) *Secret {
	for _, s := range m.secrets {
		if id == s.arn || id == s.name || id == s.arn[:len(s.arn)-7] {
			return s
		}
	}
	return nil
}

func (s *Secret) describe() map[string]any {
	stages := map[string][]string{}
	for _, v := range s.versions {
		if len(v.stages) > 0 { // others count as deprecated and are not listed
			stages[v.id] = slices.Clone(v.stages)
		}
	}
	out := map[string]any{"ARN": s.arn, "Name": s.name, "VersionIdsToStages": stages}
	if s.rotates {
		out["RotationEnabled"] = true
	}
	if !s.deleted.IsZero() {
		out["DeletedDate"] = seconds(s.deleted)
	}
	if len(s.replicas) > 0 {
		var list []map[string]string
		for _, region := range slices.Sorted(maps.Keys(s.replicas)) {
			r := s.replicas[region]
			replica := map[string]string{"Region": region, "Status": r.status(), "StatusMessage": r.message}
			if r.key != "" {
				replica["KmsKeyId"] = r.key
			}
			list = append(list, replica)
		}
		out["ReplicationStatus"] = list
	}
	return out
}

func (s *Secret) get(in secretsInput) (any, error) {
	if !s.deleted.IsZero() {
		return nil, markedForDeletion()
	}
	stage := in.VersionStage
	if stage == "" && in.VersionID == "" {
		stage = stageCurrent
	}
	for _, v := range s.versions {
		if (stage == "" || slices.Contains(v.stages, stage)) && (in.VersionID == "" || v.id == in.VersionID) {
			out := map[string]any{
				"ARN": s.arn, "Name": s.name, "VersionId": v.id,
				"VersionStages": slices.Clone(v.stages), "CreatedDate": seconds(v.created),
			}
			if v.text != nil {
				out["SecretString"] = *v.text
			} else {
				out["SecretBinary"] = v.binary
			}
			return out, nil
		}
	}
	message := "Secrets Manager can't find the specified secret value for staging label: " + stage
	if stage == "" {
		message = "Secrets Manager can't find the specified secret value for VersionId: " + in.VersionID
	}
	return nil, &Error{Code: "ResourceNotFoundException", Message: message}
}

func (s *Secret) put(in secretsInput) (any, error) {
	n := len(in.ClientRequestToken)
	switch {
	case (in.SecretString == nil) == (in.SecretBinary == nil):
		return nil, &Error{Code: "InvalidParameterException", Message: "You must provide either SecretString or SecretBinary."}
	case n < 32 || n > 64:
		return nil, &Error{Code: "InvalidParameterException", Message: "ClientRequestToken must be 32-64 characters long."}
	case in.SecretString != nil && (len(*in.SecretString) > maxSecretBytes || *in.SecretString == ""):
		// It quotes what it refuses, so that a caller who repeats it is found out.
		return nil, &Error{Code: "ValidationException", Message: fmt.Sprintf("1 validation error detected: Value %q at 'secretString' failed to satisfy constraint", *in.SecretString)}
	case in.SecretString == nil && (len(in.SecretBinary) > maxSecretBytes || len(in.SecretBinary) == 0):
		return nil, &Error{Code: "ValidationException", Message: "1 validation error detected: Value at 'secretBinary' failed to satisfy constraint"}
	case len(in.VersionStages) > maxStages:
		return nil, &Error{Code: "ValidationException", Message: "1 validation error detected: Value at 'versionStages' failed to satisfy constraint"}
	case !s.deleted.IsZero():
		return nil, markedForDeletion()
	}
	for _, v := range s.versions {
		if v.id != in.ClientRequestToken {
			continue
		}
		if !v.holds(in.SecretString, in.SecretBinary) {
			return nil, &Error{
				Code:    "ResourceExistsException",
				Message: "You can't use ClientRequestToken " + v.id + " because that value is already in use for a version of secret " + s.arn + ".",
			}
		}
		return s.written(v), nil // the operation succeeds and does nothing
	}
	v := &version{id: in.ClientRequestToken, text: in.SecretString, binary: in.SecretBinary, created: time.Now()}
	s.versions = append(s.versions, v)
	stages := in.VersionStages
	switch {
	case len(stages) == 0:
		stages = []string{stageCurrent}
	case len(s.versions) == 1 && !s.plain: // the first version is current, whatever it is put with
		stages = append(slices.Clone(stages), stageCurrent)
	}
	for _, stage := range stages {
		s.move(stage, v)
	}
	for _, r := range s.replicas {
		r.wait = r.lag
	}
	return s.written(v), nil
}

func (s *Secret) written(v *version) map[string]any {
	return map[string]any{"ARN": s.arn, "Name": s.name, "VersionId": v.id, "VersionStages": slices.Clone(v.stages)}
}

// seconds is t as JSON 1.1 carries it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// nameOf is the name in a secret's ARN, without the random ending.
func nameOf(arn string) string {
	name := arn[strings.LastIndex(arn, ":")+1:]
	return name[:len(name)-7]
}
