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
	mostMessages        = 16
	mostMessagesGranted = 30
)

// message is a request to Node, or one from it, as jsii prints them under JSII_DEBUG.
var message = regexp.MustCompile(`(?m)^[<>] \{"(api|callback)":`)

func TestMessagesOfOneMoreSecret(t *testing.T) {
	const child, marker = "SOPSCDK_TEST_COUNTS_MESSAGES", "an app was synthesized\n"
	if os.Getenv(child) != "" {
		for _, secrets := range [][2]int{{1, 1}, {10, 1}, {11, 1}, {10, 2}} { // the first one starts all
			synthesizeMany(t, secrets[0], secrets[1])
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
	for _, part := range strings.Split(string(out), marker)[1:4] {
		counts = append(counts, len(message.FindAllString(part, -1)))
	}
	base, plain, granted := counts[0], counts[1]-counts[0], counts[2]-counts[0]
	if base < 50 {
		t.Fatalf("%d messages of an app: they are not counted", base)
	}
	if plain < 1 || plain > mostMessages {
		t.Errorf("one more secret takes %d messages, want at most %d", plain, mostMessages)
	}
	if granted < 1 || granted > mostMessagesGranted {
		t.Errorf("one more secret that is asked for and granted takes %d messages, want at most %d", granted, mostMessagesGranted)
	}
	t.Logf("one more secret takes %d messages, and %d where it is asked for and granted", plain, granted)
}

// synthesizeMany synthesizes secrets of a stack, from a file with two KMS entries, and
// further ones that a role may read.
func synthesizeMany(t *testing.T, plain, granted int) {
	openable(t)
	write(t, "x.sops.json", sopstest.File{JSON: clear, KMS: []sopstest.KMS{{ARN: keyEU}, {ARN: keyUS}}, Age: []string{identity.Recipient().String()}})
	out := filepath.Join(t.TempDir(), "cdk.out")
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	stack := at(app, "S", account, ireland)
	role := newRole(stack)
	for i := range plain {
		newSecret(stack, fmt.Sprintf("Plain%d", i), fromX)
	}
	for i := range granted {
		s := newSecret(stack, fmt.Sprintf("Granted%d", i), fromX)
		s.Secret()
		s.GrantRead(role)
	}
	app.Synth(nil)
}
