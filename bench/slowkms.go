package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// kmsDelay is how long the stand-in for KMS and STS takes for each call.
const kmsDelay = 100 * time.Millisecond

// printKMS prints what decrypting 200 files by a slow KMS adds to a synth, each with a
// data key of its own. The times are those of runs that decrypt, minus those of runs that
// do not, by round. The latter have sops:decrypt=skip, which adds a warning for each
// secret, or a KMS that answers at once: what is faster in the round counts.
// Then it prints how many calls there are where one is enough: AssumeRole for 100 files
// with one role, and Decrypt for one file that 50 secrets take.
func (s *synths) printKMS(name string) error {
	slow, err := startKMS(kmsDelay)
	if err != nil {
		return err
	}
	defer slow.Close()
	fast, err := startKMS(0)
	if err != nil {
		return err
	}
	defer fast.Close()

	app := func(aws *awstest.Server, readers fleet.Readers, secrets int, more ...string) (*fleet.App, error) {
		files, err := s.Files(readers, secrets)
		if err != nil {
			return nil, err
		}
		app, err := s.Ours(files, fleet.Fifty(secrets), more...)
		if err == nil {
			app.Env = append(fleet.Quiet(), aws.Environ()...)
		}
		return app, err
	}
	decrypting, err := app(slow, fleet.WithKMS, 200)
	if err != nil {
		return err
	}
	atOnce, err := app(fast, fleet.WithKMS, 200)
	if err != nil {
		return err
	}
	skipping := *decrypting
	skipping.Env = append(slices.Clone(skipping.Env), `CDK_CONTEXT_JSON={"sops:decrypt":"skip"}`)
	usages, err := fleet.InTurns(synthRounds, decrypting, atOnce, &skipping)
	if err != nil {
		return err
	}
	var added []time.Duration
	for i, usage := range usages[0] {
		added = append(added, usage.Wall-min(usages[1][i].Wall, usages[2][i].Wall))
	}
	calls := count(slow, "Decrypt") / (synthRounds + 1)
	fmt.Printf("%s ours=%s goal=2.50s decrypting=%s at-once=%s skipping=%s calls=%d\n", name, seconds(median(added)),
		seconds(median(walls(usages[0]))), seconds(median(walls(usages[1]))), seconds(median(walls(usages[2]))), calls)

	for _, each := range []struct {
		name, action string
		readers      fleet.Readers
		secrets      int
		more         []string
	}{
		{"-role", "AssumeRole", fleet.WithRole, 100, nil},
		{"-file", "Decrypt", fleet.WithKMS, 50, []string{"-one-file"}},
	} {
		app, err := app(slow, each.readers, each.secrets, each.more...)
		if err != nil {
			return err
		}
		slow.ResetCalls()
		if _, err := app.Run(); err != nil {
			return err
		}
		fmt.Printf("%s%s ours=%d goal=1 (%s)\n", name, each.name, count(slow, each.action), each.action)
	}
	return nil
}

// startKMS starts a stand-in for KMS and STS whose calls take some time.
func startKMS(delay time.Duration) (*awstest.Server, error) {
	aws, err := awstest.Start()
	if err != nil {
		return nil, err
	}
	for region, key := range map[string]string{"eu-west-1": fleet.KeyEU, "us-east-1": fleet.KeyUS} {
		aws.AddKey(key)
		aws.Delay(region, delay)
	}
	return aws, nil
}

// count is how many calls of an action there were.
func count(aws *awstest.Server, action string) (n int) {
	for _, call := range aws.Calls() {
		if call.Action == action {
			n++
		}
	}
	return n
}
