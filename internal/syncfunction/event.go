package syncfunction

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/syncprotocol"
)

// event is what CloudFormation sends, as documented in its guide under "Custom
// resource request objects".
type event struct {
	requestType        string
	requestID          string
	responseURL        string
	stackID            string
	logicalResourceID  string
	physicalResourceID string
	properties         json.RawMessage
	// oldProperties are those of the request before, of an Update alone.
	oldProperties json.RawMessage
}

// readEvent reads the payload field by field, so that as much of a malformed one
// is known as there is: above all, where to answer. The error says what is wrong
// and holds nothing of the payload.
func readEvent(payload []byte) (event, error) {
	var e event
	fields, err := topLevel(payload)
	for _, f := range []struct {
		name string
		to   *string
	}{
		{"RequestType", &e.requestType},
		{"RequestId", &e.requestID},
		{"ResponseURL", &e.responseURL},
		{"StackId", &e.stackID},
		{"LogicalResourceId", &e.logicalResourceID},
		{"PhysicalResourceId", &e.physicalResourceID},
	} {
		raw, there := fields[f.name]
		if there && json.Unmarshal(raw, f.to) != nil && err == nil {
			err = fmt.Errorf("malformed event: %s is not a string", f.name)
		}
		if *f.to == "" && f.name != "PhysicalResourceId" && err == nil {
			err = fmt.Errorf("malformed event: it has no %s", f.name)
		}
	}
	e.properties, e.oldProperties = fields["ResourceProperties"], fields["OldResourceProperties"]
	return e, err
}

// topLevel returns the fields of a JSON object, up to where it stops being JSON.
func topLevel(payload []byte) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	broken := errors.New("malformed event: it is not one JSON object")
	d := json.NewDecoder(bytes.NewReader(payload))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fields, broken
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fields, broken
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fields, broken
		}
		fields[name.(string)] = raw // the decoder refuses names that are no strings
	}
	if _, err := d.Token(); err != nil || len(bytes.TrimSpace(payload[d.InputOffset():])) > 0 {
		return fields, broken
	}
	return fields, nil
}

// physicalIDPrefix tells this resource's ids from the ids that they end in.
const physicalIDPrefix = "sopssync:"

// maxTarget is how long, in bytes, a target may be to stand in a physical id, of
// which CloudFormation takes 1 KB. No ARN of a secret is longer.
const maxTarget = 900

// physicalID returns the id of the resource that a Create or Update is about. It is
// derived from the target alone, so it changes only when the target does;
// CloudFormation then deletes the old id.
func (e event) physicalID(t syncprotocol.Target) string {
	switch {
	case t.SecretArn == "":
		return physicalIDPrefix + hash(e.stackID, e.logicalResourceID)
	case len(t.SecretArn) > maxTarget:
		return physicalIDPrefix + hash(t.SecretArn)
	}
	return physicalIDPrefix + t.SecretArn
}

// hash returns 64 hexadecimal characters of the parts, whose boundaries count.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
