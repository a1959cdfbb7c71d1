package awstest

import (
	"errors"
	"net/http"
	"slices"
)

// What can become of the answer to a request that was carried out.
var (
	// LostAsError answers with an HTTP status of 500.
	LostAsError error = &Error{Code: "InternalServiceError", Message: "An error occurred on the server side.", Status: http.StatusInternalServerError}
	// LostCut cuts the connection.
	LostCut = errors.New("awstest: the connection is cut")
	// LostHang never answers.
	LostHang = errors.New("awstest: the request hangs")
)

// Lose carries out the next times requests of action and does not answer them: how is
// one of LostAsError, LostCut and LostHang.
func (m *SecretsManager) Lose(action string, how error, times int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost[action] = slices.Repeat([]error{how}, times)
}

// loss is what becomes of the answer to the next request of action, or nil.
func (m *SecretsManager) loss(action string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.lost[action]
	if len(next) == 0 {
		return nil
	}
	m.lost[action] = next[1:]
	return next[0]
}
