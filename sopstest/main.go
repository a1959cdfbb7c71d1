package sopstest

import (
	"os"
	"testing"

	"github.com/aws/jsii-runtime-go"

	internal "github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// Main runs the tests of a package with one process of Node for all of them, which it ends
// with them, and exits. It is the whole TestMain:
//
//	func TestMain(m *testing.M) { sopstest.Main(m) }
//
// It turns off the CDK's own validation of templates, which takes seconds for each app, unless
// CDK_VALIDATION is set in the environment. (For that it starts the test binary again, since
// jsii takes its environment before TestMain.) The checks of package constructs run
// nevertheless.
func Main(m *testing.M) {
	internal.WithoutValidation()
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}
