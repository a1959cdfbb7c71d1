package awstest

import (
	"errors"
	"net/http"
	"slices"
)

// What can become of the answer to a request that was carried out.
var (
	// ErrLostAsStatus answers with an HTTP status of 500.
	ErrLostAsStatus error = &Error{Code: "InternalServiceError", Message: "An error occurred on the server side.", Status: http.StatusInternalServerError}
	// ErrLostCut cuts the connection.
	ErrLostCut = errors.New("awstest: the connection is cut")
	// ErrLostHang never answers.
	ErrLostHang = errors.New("awstest: the request hangs")
)

// Lose carries out the next times requests of action and does not answer them: how is
// one of ErrLostAsStatus, ErrLostCut and ErrLostHang.
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
