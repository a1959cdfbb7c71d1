package main

import (
	"fmt"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
)

// printMemory prints the memory of the whole process tree at its largest, of 1,000
// secrets: in ours Go, Node and the go command. See [fleet.Usage]. The runs are not those
// of synth-1000, since to look takes time.
func (s *synths) printMemory(name string) error {
	for _, size := range []fleet.Size{{Secrets: 1000, Stacks: 20}, {Secrets: 1000, Stacks: 200}} {
		ours, peer, err := s.pair(size)
		if err != nil {
			return err
		}
		ours.Memory, peer.Memory = true, true
		usages, err := fleet.InTurns(3, ours, peer)
		if err != nil {
			return err
		}
		printPair(fmt.Sprintf("%s-in-%d", name, size.Stacks), median(memories(usages[0])), median(memories(usages[1])), mb)
	}
	return nil
}

func memories(usages []fleet.Usage) (out []int64) {
	for _, u := range usages {
		out = append(out, u.Memory)
	}
	return out
}

func mb(n int64) string { return fmt.Sprintf("%.0fMB", float64(n)/1e6) }
