package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
)

// printFirst prints the CPU time of the first synth on a machine that has compiled nothing
// yet: of this repository's sample app, which builds its function too, and of an app that
// uses five packages of the CDK alone. Downloads are left out, and so is jsii's unpacking
// of the CDK: both are there before. Then the number of modules that each is compiled
// from, the function's among ours. It runs once.
func (s *synths) printFirst(name string) error {
	zip, err := s.Zip()
	if err != nil {
		return err
	}
	bench := filepath.Join(s.Repo(), "bench")
	ours, err := s.first("first-ours", s.Repo(), ".")
	if err != nil {
		return err
	}
	peer, err := s.first("first-packages", bench, "./apps/packages", zip)
	if err != nil {
		return err
	}
	fmt.Printf("%s ours-cpu=%s peer-cpu=%s ratio=%.2f part=%.2f ours=%s peer=%s\n", name, seconds(ours.CPU), seconds(peer.CPU),
		float64(peer.CPU)/float64(ours.CPU), float64(ours.CPU)/float64(peer.CPU), seconds(ours.Wall), seconds(peer.Wall))
	ourModules, err := modules(s.Repo(), ".", "./cmd/sopssync")
	if err != nil {
		return err
	}
	peerModules, err := modules(bench, "./apps/packages")
	if err != nil {
		return err
	}
	fmt.Printf("%s-modules ours=%d peer=%d\n", name, ourModules, peerModules)
	return nil
}

// first compiles a main package of the module in dir from an empty cache, and runs it.
func (s *synths) first(name, dir, main string, args ...string) (fleet.Usage, error) {
	cache, err := s.Sub(name)
	if err != nil {
		return fleet.Usage{}, err
	}
	defer os.RemoveAll(cache)
	// The caches of functions and of jsii are below the user's cache directory. That of
	// jsii stays, since it saves a download's unpacking.
	user, err := os.UserCacheDir()
	if err != nil {
		return fleet.Usage{}, err
	}
	if err := os.Symlink(filepath.Join(user, "aws"), filepath.Join(cache, "aws")); err != nil {
		return fleet.Usage{}, err
	}
	binary := filepath.Join(cache, "app")
	var sum fleet.Usage
	for _, command := range [][]string{
		{"go", "build", "-buildvcs=false", "-o", binary, main},
		slices.Concat([]string{binary}, args),
	} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = dir
		cmd.Env = slices.Concat(fleet.Environ(), fleet.Quiet(), []string{"GOCACHE=" + filepath.Join(cache, "go-build"),
			"XDG_CACHE_HOME=" + cache, "CDK_OUTDIR=" + filepath.Join(cache, "cdk.out")})
		usage, printed, err := fleet.Measure(cmd, false)
		if err != nil {
			return fleet.Usage{}, fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, printed)
		}
		sum.CPU += usage.CPU
		sum.Wall += usage.Wall
	}
	return sum, nil
}

// modules counts the modules that packages are compiled from.
func modules(dir string, packages ...string) (int, error) {
	list := exec.Command("go", slices.Concat([]string{"list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}"}, packages)...)
	list.Dir = dir
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", strings.Join(list.Args, " "), err)
	}
	names := strings.Fields(string(out))
	slices.Sort(names)
	return len(slices.Compact(names)), nil
}
