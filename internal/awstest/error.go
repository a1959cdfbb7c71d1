package awstest

import (
	"errors"
	"net/http"
)

// Error is an answer that says no, as the service would say it.
type Error struct {
	// Code is the exception's name: "AccessDeniedException".
	Code string
	// Message is the text beside it; "" sends none.
	Message string
	// Status is the HTTP status; 0 stands for the one that AWS sends with Code: 500 or
	// 503 for a failure of the service, otherwise 400.
	Status int
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func (e *Error) status() int {
	if e.Status != 0 {
		return e.Status
	}
	switch e.Code {
	case "DependencyTimeoutException", "ServiceUnavailable", "ServiceUnavailableException":
		return http.StatusServiceUnavailable
	case "KMSInternalException", "KeyUnavailableException", "InternalFailure", "InternalError",
		"InternalServiceError", "InternalServerError":
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// asError is err as an [*Error].
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
}

func writeJSONError(w http.ResponseWriter, err error) {
	e := asError(err)
	w.Header().Set("X-Amzn-ErrorType", e.Code)
	writeJSON(w, e.status(), map[string]string{"__type": e.Code, "message": e.Message})
}
