package awstest

import (
	"context"
	"time"
)

// fault is what happens to a region's requests before they are answered.
type fault struct {
	delay time.Duration
	hang  bool
	down  bool
}

// Delay makes every later answer of region late by d: of KMS and STS, and of the
// services added by [Server.HandleTarget]. 0 restores it.
func (s *Server) Delay(region string, d time.Duration) { s.setFault(region, fault{delay: d}) }

// Hang makes region accept requests and never answer: each ends when the client
// gives up, or with [Server.Close].
func (s *Server) Hang(region string) { s.setFault(region, fault{hang: true}) }

// Down makes region cut every connection without an answer.
func (s *Server) Down(region string) { s.setFault(region, fault{down: true}) }

// Up takes every fault from region.
func (s *Server) Up(region string) { s.setFault(region, fault{}) }

func (s *Server) setFault(region string, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[region] = f
}

// await lets region's fault happen. It reports whether the request is to be
// answered.
func (s *Server) await(ctx context.Context, region string) bool {
	s.mu.Lock()
	f := s.faults[region]
	s.mu.Unlock()
	switch {
	case f.down:
		return false
	case f.hang:
		select {
		case <-ctx.Done():
		case <-s.closed:
		}
		return false
	case f.delay > 0:
		t := time.NewTimer(f.delay)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-s.closed:
			return false
		case <-t.C:
		}
	}
	return true
}
