package main

import "github.com/ebb7bed6/sopscdk/bench/internal/fleet"

// printOne prints three lines of one secret, all from the same rounds: ours against the
// peer; against the bare Go app of a function, a secret and a custom resource; and
// against the Go app of an empty stack.
func (s *synths) printOne(name string) error {
	ours, peer, err := s.pair(fleet.Fifty(1))
	if err != nil {
		return err
	}
	bare, err := s.Bare()
	if err != nil {
		return err
	}
	empty, err := s.Empty()
	if err != nil {
		return err
	}
	usages, err := fleet.InTurns(synthRounds, ours, peer, bare, empty)
	if err != nil {
		return err
	}
	printUsages(name, usages[0], usages[1], seconds)
	printUsages(name+"-bare", usages[0], usages[2], seconds)
	printUsages(name+"-empty", usages[0], usages[3], seconds)
	return nil
}
