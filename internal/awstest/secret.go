package awstest

import (
	"bytes"
	"time"
)

// Secret is a secret of a [SecretsManager]. Add one with
// [SecretsManager.AddSecret].
type Secret struct {
	manager  *SecretsManager
	arn      string
	name     string
	versions []*version
	deleted  time.Time
	replicas map[string]*replica
	plain    bool // the first version is not current by itself
	rotates  bool
}

type version struct {
	id      string
	text    *string
	binary  []byte
	stages  []string
	created time.Time
}

type replica struct {
	wait, lag int // descriptions until it is in sync; and after each write
	message   string
	key       string
}

// status is the replica's state, as one more description shows it.
func (r *replica) status() string {
	switch {
	case r.message != "":
		return "Failed"
	case r.wait > 0:
		r.wait--
		return "InProgress"
	}
	return "InSync"
}

func (v *version) holds(text *string, binary []byte) bool {
	if v.text != nil || text != nil {
		return v.text != nil && text != nil && *v.text == *text
	}
	return bytes.Equal(v.binary, binary)
}

// AddSecret adds a secret without a value, as CloudFormation makes one that has
// neither SecretString nor GenerateSecretString. The ARN is a full one, with the
// seven characters that Secrets Manager adds to the name:
// "arn:aws:secretsmanager:eu-west-1:111122223333:secret:name-AbCdEf".
func (m *SecretsManager) AddSecret(arn string) *Secret {
	s := &Secret{manager: m, arn: arn, name: nameOf(arn), replicas: map[string]*replica{}}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets[arn] = s
	return s
}

// Put writes text as someone else would, under the version id, and makes it
// AWSCURRENT.
func (s *Secret) Put(id, text string) {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	v := &version{id: id, text: &text, created: time.Now()}
	s.versions = append(s.versions, v)
	s.move(stageCurrent, v)
}

// LikeStandIns makes the secret's first version current only when its labels say so, as
// some stand-ins of AWS do.
func (s *Secret) LikeStandIns() {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	s.plain = true
}

// Rotate says whether the secret rotates by itself, as DescribeSecret shows it.
func (s *Secret) Rotate(on bool) {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	s.rotates = on
}

// Delete marks the secret for deletion: it can be described and nothing else.
func (s *Secret) Delete() {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	s.deleted = time.Now()
}

// Remove takes the secret away altogether.
func (s *Secret) Remove() {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	delete(s.manager.secrets, s.arn)
}

// Replicate adds a replica in region. After each write, lag descriptions of the
// secret show it InProgress. A failure that is not "" makes it Failed instead.
func (s *Secret) Replicate(region string, lag int, failure string) {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	s.replicas[region] = &replica{lag: lag, message: failure}
}

// ReplicaKey names the KMS key of the replica in region, which must be there.
func (s *Secret) ReplicaKey(region, key string) {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	s.replicas[region].key = key
}

// Value is the content of the version that has the staging label stage, whether
// it is text, and the version's id; nil and "" where there is none.
func (s *Secret) Value(stage string) (content []byte, text bool, id string) {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	switch v := s.holder(stage); {
	case v == nil:
		return nil, false, ""
	case v.text != nil:
		return []byte(*v.text), true, v.id
	default:
		return v.binary, false, v.id
	}
}

// Versions is the number of versions, with and without labels.
func (s *Secret) Versions() int {
	s.manager.mu.Lock()
	defer s.manager.mu.Unlock()
	return len(s.versions)
}
