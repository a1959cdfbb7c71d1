package sopsconstructs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

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
	const plain, granted = "SOPSCDK_TEST_PLAIN", "SOPSCDK_TEST_GRANTED"
	if os.Getenv(plain) != "" {
		synthesizeMany(t, os.Getenv(plain), os.Getenv(granted))
		return
	}
	count := func(plainly, withGrant string) int {
		cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "JSII_DEBUG=1", plain+"="+plainly, granted+"="+withGrant)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return len(message.FindAll(out, -1))
	}
	base := count("10", "1")
	if base < 50 {
		t.Fatalf("%d messages of an app: they are not counted", base)
	}
	if got := count("11", "1") - base; got < 1 || got > mostMessages {
		t.Errorf("one more secret takes %d messages, want at most %d", got, mostMessages)
	}
	if got := count("10", "2") - base; got < 1 || got > mostMessagesGranted {
		t.Errorf("one more secret that is asked for and granted takes %d messages, want at most %d", got, mostMessagesGranted)
	}
}

// synthesizeMany synthesizes secrets of a stack, from a file with two KMS entries, and
// further ones that a role may read.
func synthesizeMany(t *testing.T, plain, granted string) {
	openable(t)
	write(t, "x.sops.json", sopstest.File{JSON: clear, KMS: []sopstest.KMS{{ARN: keyEU}, {ARN: keyUS}}, Age: []string{identity.Recipient().String()}})
	out := filepath.Join(t.TempDir(), "cdk.out")
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	stack := at(app, "S", account, ireland)
	role := newRole(stack)
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i := range number(plain) {
		newSecret(stack, fmt.Sprintf("Plain%d", i), fromX)
	}
	for i := range number(granted) {
		s := newSecret(stack, fmt.Sprintf("Granted%d", i), fromX)
		s.Secret()
		s.GrantRead(role)
	}
	app.Synth(nil)
}
