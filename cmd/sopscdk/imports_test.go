package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The command is installed without the CDK: its modules take a gigabyte, and minutes to
// compile.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range strings.Fields(string(out)) {
		for _, heavy := range []string{"aws-cdk-go", "constructs-go", "jsii-runtime-go", "cdklabs", "getsops/sops", "/sopscdk/constructs", "/sopscdk/stacks", "/internal/awstest", "/internal/sopstest"} {
			if strings.Contains(pkg, heavy) {
				t.Errorf("it imports %s", pkg)
			}
		}
	}
}

// maxBinary is how large the command may be, in bytes, as "go install" makes it.
const maxBinary = 20_000_000

func TestSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sopscdk")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxBinary {
		t.Errorf("it has %d bytes, over %d", info.Size(), maxBinary)
	}
}
