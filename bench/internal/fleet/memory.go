package fleet

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// watch samples the memory of a process and its descendants.
type watch struct {
	quit chan struct{}
	most chan int64
}

func startWatch(pid int) *watch {
	w := &watch{quit: make(chan struct{}), most: make(chan int64)}
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		var most int64
		for {
			most = max(most, resident(pid))
			select {
			case <-w.quit:
				w.most <- most
				return
			case <-tick.C:
			}
		}
	}()
	return w
}

// stop ends the sampling and returns the largest sum.
func (w *watch) stop() int64 {
	close(w.quit)
	return <-w.most
}

// resident is the sum over a process and its descendants of the most that each had
// resident until now, in bytes.
func resident(root int) int64 {
	children := map[int][]int{}
	most := map[int]int64{}
	stats, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, name := range stats {
		status, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		for line := range strings.Lines(string(status)) {
			field, value, _ := strings.Cut(line, ":")
			number, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			switch field {
			case "PPid":
				children[number] = append(children[number], pid)
			case "VmHWM":
				most[pid] = int64(number) << 10
			}
		}
	}
	var sum func(pid int) int64
	sum = func(pid int) int64 {
		n := most[pid]
		for _, child := range children[pid] {
			n += sum(child)
		}
		return n
	}
	return sum(root)
}
