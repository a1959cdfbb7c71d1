package sopsconstructs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// The most messages between Go and Node that one more secret may take: alone, and with
// its Secret asked for and read by a role. Each costs about 0.15 ms.
const (
	mostMessages        = 5
	mostMessagesGranted = 17
	// mostMessagesStack is what one more stack may take, with a secret and the function.
	mostMessagesStack = 36
)

// message is a request to Node, or one from it, as jsii prints them under JSII_DEBUG.
var message = regexp.MustCompile(`(?m)^[<>] \{"(api|callback)":`)

func TestMessagesOfOneMoreSecret(t *testing.T) {
	const child, marker = "SOPSCDK_TEST_COUNTS_MESSAGES", "an app was synthesized\n"
	if os.Getenv(child) != "" {
		for _, app := range []fleet{{1, 1, 1}, {1, 10, 1}, {1, 11, 1}, {1, 10, 2}, {2, 10, 1}} { // the first one starts all
			app.synthesize(t)
			time.Sleep(200 * time.Millisecond) // for what Node still prints
			fmt.Fprint(os.Stderr, marker)
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "JSII_DEBUG=1", child+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var counts []int
	for _, part := range strings.Split(string(out), marker)[1:5] {
		counts = append(counts, len(message.FindAllString(part, -1)))
	}
	base, plain, granted, stack := counts[0], counts[1]-counts[0], counts[2]-counts[0], counts[3]-counts[0]
	if base < 50 {
		t.Fatalf("%d messages of an app: they are not counted", base)
	}
	if plain < 1 || plain > mostMessages {
		t.Errorf("one more secret takes %d messages, want at most %d", plain, mostMessages)
	}
	if granted < 1 || granted > mostMessagesGranted {
		t.Errorf("one more secret that is asked for and granted takes %d messages, want at most %d", granted, mostMessagesGranted)
	}
	if stack < 1 || stack > mostMessagesStack {
		t.Errorf("one more stack takes %d messages, want at most %d", stack, mostMessagesStack)
	}
	t.Logf("one more secret takes %d messages, and %d where it is asked for and granted; one more stack %d", plain, granted, stack)
}

// fleet is an app of many secrets, from a file with two KMS entries: in one stack, plain
// ones and those that a role may read, and one in each further stack.
type fleet struct{ stacks, plain, granted int }

func (f fleet) synthesize(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", sopstest.File{JSON: clear, KMS: []sopstest.KMS{{ARN: keyEU}, {ARN: keyUS}}, Age: []string{identity.Recipient().String()}})
	out := filepath.Join(t.TempDir(), "cdk.out")
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	stack := at(app, "S", account, ireland)
	role := newRole(stack)
	for i := range f.plain {
		newSecret(stack, fmt.Sprintf("Plain%d", i), fromX)
	}
	for i := range f.granted {
		s := newSecret(stack, fmt.Sprintf("Granted%d", i), fromX)
		s.Secret()
		s.GrantRead(role)
	}
	for i := range f.stacks - 1 {
		newSecret(at(app, fmt.Sprintf("Further%d", i), account, ireland), "Plain", fromX)
	}
	app.Synth(nil)
}
