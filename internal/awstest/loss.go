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

// losses say what becomes of the answers to the next requests, by action.
type losses map[string][]error

func (l losses) lose(action string, how error, times int) {
	l[action] = slices.Repeat([]error{how}, times)
}

// next is what becomes of the answer to the next request of action, or nil.
func (l losses) next(action string) error {
	next := l[action]
	if len(next) == 0 {
		return nil
	}
	l[action] = next[1:]
	return next[0]
}

// Lose carries out the next times requests of action and does not answer them: how is
// one of ErrLostAsStatus, ErrLostCut and ErrLostHang.
func (m *SecretsManager) Lose(action string, how error, times int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost.lose(action, how, times)
}

// loss is what becomes of the answer to the next request of action, or nil.
func (m *SecretsManager) loss(action string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lost.next(action)
}
