// Plot measures how the time of a synth grows with the number of secrets, ours in turns
// with the peer as in synth-50, prints the medians, and draws them into a file:
//
//	go run ./plot ../docs/performance.svg
//
// Run it in the folder bench.
package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
)

const rounds = 7

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: plot FILE.svg")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

// sizes are the numbers of secrets that are measured.
var sizes = []int{1, 50, 100, 200, 500, 1000}

func run(name string) error {
	f, err := fleet.New()
	if err != nil {
		return err
	}
	defer f.Close()
	// All sizes in turns too, so that the line does not show how busy the machine was.
	var apps []*fleet.App
	for _, secrets := range sizes {
		files, err := f.Files(fleet.WithAge, secrets)
		if err != nil {
			return err
		}
		ours, err := f.Ours(files, fleet.Fifty(secrets))
		if err != nil {
			return err
		}
		peer, err := f.Peer(files, fleet.Fifty(secrets))
		if err != nil {
			return err
		}
		apps = append(apps, ours, peer)
	}
	usages, err := fleet.InTurns(rounds, apps...)
	if err != nil {
		return err
	}
	ours := series{label: "sopscdk, Go", class: "ours"}
	peer := series{label: "cdk-sops-secrets, JavaScript", class: "peer"}
	for i, secrets := range sizes {
		o, p := median(usages[2*i]), median(usages[2*i+1])
		fmt.Printf("%d ours=%.2fs peer=%.2fs\n", secrets, o.Seconds(), p.Seconds())
		ours.points = append(ours.points, point{float64(secrets), o.Seconds()})
		peer.points = append(peer.points, point{float64(secrets), p.Seconds()})
	}
	return os.WriteFile(name, []byte(draw(ours, peer)), 0o644)
}

// median returns the median wall-clock time.
func median(usages []fleet.Usage) time.Duration {
	var walls []time.Duration
	for _, u := range usages {
		walls = append(walls, u.Wall)
	}
	slices.Sort(walls)
	return walls[len(walls)/2]
}
