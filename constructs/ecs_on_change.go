package sopsconstructs

import "fmt"

// EcsOnChange says what a change of a secret does to the tasks of ECS that take it.
type EcsOnChange string

const (
	// EcsNewTasks, the default: in the secret's own stack the task definition names the
	// synced version. So a changed secret changes the task definition, and ECS replaces the
	// tasks of its services, all of them, whichever key of the secret they take. In any other
	// stack it names none: see [SecretKey].
	EcsNewTasks EcsOnChange = ""
	// EcsKeepTasks names no version. Tasks that run keep the value that they started with,
	// until something else replaces them; each task that starts has the current one.
	EcsKeepTasks EcsOnChange = "keep"
)

// keepsTasks returns what the optional argument of EcsSecret says, or what is wrong with it.
func keepsTasks(onChange []EcsOnChange) (bool, error) {
	switch {
	case len(onChange) > 1:
		return false, fmt.Errorf("EcsSecret takes one EcsOnChange, and got %d", len(onChange))
	case len(onChange) == 0 || onChange[0] == EcsNewTasks:
		return false, nil
	case onChange[0] == EcsKeepTasks:
		return true, nil
	}
	return false, fmt.Errorf("unknown EcsOnChange %q; use EcsNewTasks or EcsKeepTasks", string(onChange[0]))
}
