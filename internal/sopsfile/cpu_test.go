//go:build !linux

package sopsfile_test

import "time"

// cpuTime returns 0: this system does not say how long a thread has worked.
func cpuTime() time.Duration { return 0 }
