package main

import (
	"fmt"
	"time"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
)

// synthRounds is how often each side of a pair runs, after one run of each that does not
// count: it fills the caches of the system, of jsii and of the go command.
const synthRounds = 7

// synthNames are the measurements of whole processes, in the order of a full run.
var synthNames = []string{"synth-1", "synth-50", "synth-200", "synth-slope", "synth-1000", "leak-scan", "peak-memory",
	"synth-requests", "synth-kms", "cdk-synth", "first-synth", "synth-accounts"}

// synths measures apps of the CDK, whole processes, ours in turns with the peer.
type synths struct {
	*fleet.Fleet // nil until one is needed
}

func (s *synths) close() {
	if s.Fleet != nil {
		s.Close()
	}
}

// print prints the lines of one measurement.
func (s *synths) print(name string) error {
	if s.Fleet == nil {
		f, err := fleet.New()
		if err != nil {
			return err
		}
		s.Fleet = f
	}
	switch name {
	case "synth-1":
		return s.printOne(name)
	case "synth-50":
		return s.printFleet(name, fleet.Fifty(50))
	case "synth-200":
		return s.printFleet(name, fleet.Fifty(200))
	case "synth-1000":
		if err := s.printFleet(name+"-in-20", fleet.Size{Secrets: 1000, Stacks: 20}); err != nil {
			return err
		}
		return s.printFleet(name+"-in-200", fleet.Size{Secrets: 1000, Stacks: 200})
	case "synth-slope":
		return s.printSlope(name)
	case "leak-scan":
		return s.printScan(name)
	case "peak-memory":
		return s.printMemory(name)
	case "synth-requests":
		return s.printRequests(name)
	case "synth-kms":
		return s.printKMS(name)
	case "cdk-synth":
		return s.printCommand(name)
	case "first-synth":
		return s.printFirst(name)
	case "synth-accounts":
		return s.printAccounts(name)
	}
	return fmt.Errorf("no such measurement")
}

// pair is the same fleet of ours and of the peer, each secret from a file of its own.
// Ours decrypts all of them with age; the peer reads them, but decrypts nothing before
// the deploy.
func (s *synths) pair(size fleet.Size) (ours, peer *fleet.App, err error) {
	files, err := s.Files(fleet.WithAge, size.Secrets)
	if err != nil {
		return nil, nil, err
	}
	if ours, err = s.Ours(files, size); err != nil {
		return nil, nil, err
	}
	peer, err = s.Peer(files, size)
	return ours, peer, err
}

// printFleet prints the time of a fleet.
func (s *synths) printFleet(name string, size fleet.Size) error {
	ours, peer, err := s.pair(size)
	if err != nil {
		return err
	}
	usages, err := fleet.InTurns(synthRounds, ours, peer)
	if err != nil {
		return err
	}
	printUsages(name, usages[0], usages[1], seconds)
	return nil
}

// printUsages prints the medians of wall-clock time, and of CPU time.
func printUsages(name string, ours, peer []fleet.Usage, text func(time.Duration) string) {
	o, p := median(walls(ours)), median(walls(peer))
	fmt.Printf("%s ours=%s peer=%s ratio=%.2f part=%.2f ours-cpu=%s peer-cpu=%s\n", name, text(o), text(p),
		float64(p)/float64(o), float64(o)/float64(p), text(median(cpus(ours))), text(median(cpus(peer))))
}

func walls(usages []fleet.Usage) (out []time.Duration) {
	for _, u := range usages {
		out = append(out, u.Wall)
	}
	return out
}

func cpus(usages []fleet.Usage) (out []time.Duration) {
	for _, u := range usages {
		out = append(out, u.CPU)
	}
	return out
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }
