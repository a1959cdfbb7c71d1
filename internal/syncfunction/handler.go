package syncfunction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Handler answers the events of one function. Its fields are set by [New]; it
// keeps nothing between events.
type Handler struct {
	clients Clients
	keys    NewUnwrapper
	http    *http.Client
	log     *slog.Logger
	// stream is where the logs go, for the reader of a failure; may be "".
	stream string
}

// New returns a Handler that calls AWS with c, unwraps data keys with what keys
// returns, logs to log, and names stream, the log stream, in its failures ("" leaves
// it out).
func New(c Clients, keys NewUnwrapper, log *slog.Logger, stream string) *Handler {
	return &Handler{clients: c, keys: keys, log: log, stream: stream, http: newResponder(c.Answers)}
}

const (
	// noDeadline stands for Lambda's deadline where the context has none.
	noDeadline = 5 * time.Minute
	// maxAnswerTime is what of the time until Lambda's deadline is kept for the
	// answer: a quarter, and at most this.
	maxAnswerTime = 15 * time.Second
	// maxGrace is what work gets to explain itself once its deadline has passed: a
	// quarter of the time for the answer, and at most this.
	maxGrace = time.Second
)

// Invoke answers one event of CloudFormation. It implements lambda.Handler. The
// error is for Lambda and says that CloudFormation could not be answered.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	start := time.Now()
	e, malformed := readEvent(payload)
	log := h.log.With("requestType", e.requestType, "stackId", e.stackID,
		"logicalResourceId", e.logicalResourceID, "requestId", e.requestID)
	if e.responseURL == "" {
		log.Error("event without a ResponseURL: nobody can be answered")
		return nil, errors.New("the event has no readable ResponseURL")
	}

	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = start.Add(noDeadline)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	r := response{
		Status:            statusFailed,
		StackID:           e.stackID,
		RequestID:         e.requestID,
		LogicalResourceID: e.logicalResourceID,
	}
	var data map[string]string
	err := malformed
	if err == nil {
		forAnswer := answerTime(deadline.Sub(start))
		data, err = h.within(ctx, deadline.Add(-forAnswer), min(forAnswer/4, maxGrace), e, log)
	}
	r.PhysicalResourceID = e.answerID(err)
	took := slog.Int64("milliseconds", time.Since(start).Milliseconds())
	if err == nil {
		r.Status, r.Data = statusSuccess, data
		log.Info("done", took)
	} else {
		r.Reason = err.Error()
		log.Error("failed", took, "reason", printable(r.Reason))
	}
	suffix := ""
	if h.stream != "" {
		suffix = " (log stream " + h.stream + ")"
	}
	if err := h.send(ctx, log, e.responseURL, r.encode(suffix)); err != nil {
		log.Error("not answered", "error", err.Error())
		return nil, err
	}
	return []byte("null"), nil
}

// answerTime returns what of the time left is kept for the answer.
func answerTime(left time.Duration) time.Duration {
	return min(left/4, maxAnswerTime)
}

// answerID returns the physical id to answer with. A failed update keeps the old one:
// any other would make CloudFormation clean up something that was never there.
func (e event) answerID(err error) string {
	if e.physicalResourceID != "" && (e.requestType == requestDelete || err != nil) {
		return e.physicalResourceID
	}
	p, _ := e.readProperties() // what cannot be read is "", and has an id too
	return e.physicalID(p.Target)
}

type outcome struct {
	data map[string]string
	err  error
}

// within does what e asks for until deadline, and returns after grace whether or not
// it is done. A panic comes back as an error.
func (h *Handler) within(ctx context.Context, deadline time.Time, grace time.Duration, e event, log *slog.Logger) (map[string]string, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	s := &task{Handler: h, event: e, log: log, start: time.Now()}
	s.at("reading the event")
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- outcome{err: panicked(log)}
			}
		}()
		data, err := s.run(ctx)
		done <- outcome{data, err}
	}()
	select {
	case o := <-done:
		return o.data, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-done:
		return o.data, o.err
	case <-time.After(grace):
		return nil, s.tooLate()
	}
}

// tooLate says in which step the time was over.
func (s *task) tooLate() error {
	return fmt.Errorf("the function's own deadline passed while %s", *s.step.Load())
}
