package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// printScan prints what the search for decrypted values takes of a synth: that of all values
// of the app's files in what the app synthesized, alone, beside the whole process that has
// made that, with a search of its own. The CPU time is that of all threads.
func (s *synths) printScan(name string) error {
	for _, size := range []fleet.Size{fleet.Fifty(1), fleet.Fifty(50), fleet.Fifty(200), {Secrets: 1000, Stacks: 20}} {
		files, err := s.Files(fleet.WithAge, size.Secrets)
		if err != nil {
			return err
		}
		secrets, err := valuesOf(files, size.Secrets)
		if err != nil {
			return err
		}
		app, err := s.Ours(files, size)
		if err != nil {
			return err
		}
		var scans []fleet.Usage
		app.After = func(out string) error {
			scan, err := scanned(out, secrets)
			scans = append(scans, scan)
			return err
		}
		usages, err := fleet.InTurns(synthRounds, app)
		if err != nil {
			return err
		}
		scans = scans[len(scans)-synthRounds:]
		scan, synth := median(walls(scans)), median(walls(usages[0]))
		scanCPU, synthCPU := median(cpus(scans)), median(cpus(usages[0]))
		fmt.Printf("%s-%d ours=%s synth=%s part=%.4f cpu-part=%.4f goal=0.03\n", name, size.Secrets, ms(scan), seconds(synth),
			float64(scan)/float64(synth), float64(scanCPU)/float64(synthCPU))
	}
	return nil
}

// valuesOf returns the decrypted values of the first files of a folder.
func valuesOf(folder string, number int) ([]leakscan.Secret, error) {
	files := synthfile.New()
	var secrets []leakscan.Secret
	for i := range number {
		file, err := files.Open(filepath.Join(folder, fmt.Sprintf("%d.sops.json", i)), "")
		if err != nil {
			return nil, err
		}
		d := file.Decrypt("eu-west-1")
		if _, err := d.Tree(); err != nil {
			return nil, err
		}
		for _, v := range d.Values() {
			secrets = append(secrets, leakscan.Secret{File: d.Path(), Key: v.Name, Text: v.Text})
		}
	}
	return secrets, nil
}

// scanned searches what was synthesized, as the app does.
func scanned(out string, secrets []leakscan.Secret) (fleet.Usage, error) {
	functions, err := filepath.Glob(filepath.Join(out, "*.zip"))
	if err != nil {
		return fleet.Usage{}, err
	}
	var known []leakscan.Known
	for _, function := range functions {
		content, err := os.ReadFile(function)
		if err != nil {
			return fleet.Usage{}, err
		}
		hash := sha256.Sum256(content)
		known = append(known, leakscan.Known{Size: int64(len(content)), SHA256: hex.EncodeToString(hash[:])})
	}
	runtime.GC()
	cpu, start := ownCPU(), time.Now()
	result, err := leakscan.Scan(leakscan.Options{Root: out, Secrets: secrets, Known: known})
	usage := fleet.Usage{Wall: time.Since(start), CPU: ownCPU() - cpu}
	if err == nil && len(result.Finds)+len(result.Unsearched) > 0 {
		err = fmt.Errorf("the search found %d files, and left out %d", len(result.Finds), len(result.Unsearched))
	}
	return usage, err
}

// ownCPU is the CPU time of this process.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
