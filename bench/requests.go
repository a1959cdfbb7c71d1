package main

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/ebb7bed6/sopscdk/bench/internal/fleet"
)

// message is a request of Go to Node, or a callback, as jsii prints them under JSII_DEBUG.
var message = regexp.MustCompile(`(?m)^[<>] \{"(api|callback)":`)

// printRequests prints how many messages one more secret of a stack takes, eleven minus
// ten: alone, and with its Secret asked for and read by a role. No machine changes these.
func (s *synths) printRequests(name string) error {
	count := func(plain, granted int) (int, error) {
		files, err := s.Files(fleet.WithAge, plain+granted)
		if err != nil {
			return 0, err
		}
		app, err := s.Ours(files, fleet.Fifty(plain), "-granted", strconv.Itoa(granted))
		if err != nil {
			return 0, err
		}
		app.Secrets += granted
		app.Env, app.Output = append(fleet.Decrypting(), "JSII_DEBUG=1"), true
		usage, err := app.Run()
		if err != nil {
			return 0, err
		}
		messages := len(message.FindAll(usage.Output, -1))
		if messages == 0 {
			return 0, fmt.Errorf("jsii printed no message that is known here")
		}
		return messages, nil
	}
	base, err := count(10, 1)
	if err != nil {
		return err
	}
	plain, err := count(11, 1)
	if err != nil {
		return err
	}
	granted, err := count(10, 2)
	if err != nil {
		return err
	}
	fmt.Printf("%s ours=%d goal=16\n", name, plain-base)
	fmt.Printf("%s-granted ours=%d goal=30\n", name, granted-base)
	return nil
}
