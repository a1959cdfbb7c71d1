package syncfunction

import "context"

// beside runs work in a goroutine of its own. The function that it returns waits for
// its end and returns its error; with cancel it ends the work first. It must be called
// once. A panic of work is an error.
func (s *task) beside(ctx context.Context, work func(context.Context) error) (ended func(cancel bool) error) {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- panicked(s.log)
			}
		}()
		done <- work(ctx)
	}()
	return func(cancel bool) error {
		if cancel {
			stop()
		}
		err := <-done
		stop()
		return err
	}
}
