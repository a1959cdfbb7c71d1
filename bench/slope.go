package main

import "github.com/ebb7bed6/sopscdk/bench/internal/fleet"

// printSlope prints what one more secret takes: an app of 201 secrets minus one of 1,
// by round, divided by 200.
func (s *synths) printSlope(name string) error {
	const more = 200
	ours, peer, err := s.pair(fleet.Fifty(1))
	if err != nil {
		return err
	}
	ourMany, peerMany, err := s.pair(fleet.Fifty(1 + more))
	if err != nil {
		return err
	}
	usages, err := fleet.InTurns(synthRounds, ours, peer, ourMany, peerMany)
	if err != nil {
		return err
	}
	slope := func(one, many []fleet.Usage) (out []fleet.Usage) {
		for i := range one {
			out = append(out, fleet.Usage{Wall: (many[i].Wall - one[i].Wall) / more, CPU: (many[i].CPU - one[i].CPU) / more})
		}
		return out
	}
	printUsages(name, slope(usages[0], usages[2]), slope(usages[1], usages[3]), ms)
	return nil
}
