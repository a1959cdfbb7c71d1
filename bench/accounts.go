package main

import (
	"fmt"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
)

// printAccounts prints what an app for 1,000 accounts with two regions takes: 2,000 stacks, each with one secret of
// the same file. The peer would decrypt nothing, and is not asked.
func (s *synths) printAccounts(name string) error {
	files, err := s.Files(fleet.WithAge, 1)
	if err != nil {
		return err
	}
	app, err := s.Ours(files, fleet.Size{Secrets: 2000, Stacks: 2000}, "-one-file")
	if err != nil {
		return err
	}
	if _, err := app.Run(); err != nil { // fills the caches
		return err
	}
	app.Memory = true
	usage, err := app.Run()
	if err != nil {
		return err
	}
	fmt.Printf("%s ours=%.1fs ours-cpu=%.1fs ours-memory=%s\n", name, usage.Wall.Seconds(), usage.CPU.Seconds(), mb(usage.Memory))
	return nil
}
