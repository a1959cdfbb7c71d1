package sopsconstructs_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// standIns is the folder of the zips that stand for the function, by architecture. What they
// stand for has four megabytes, which each app would copy, hash, search and delete. Tests of
// the zip itself build the function, and so do the tests of the stacks and the examples.
var standIns string

// useStandIns makes all apps of the process take the stand-ins. A process that the tests
// start takes those of the process that started it, which removes them in the end.
func useStandIns() (remove func(), err error) {
	const variable = "SOPSCDK_TEST_STAND_INS"
	sopsconstructs.BuildWith(standIn)
	if standIns = os.Getenv(variable); standIns != "" {
		return func() {}, nil
	}
	if standIns, err = os.MkdirTemp("", "stand-ins"); err != nil {
		return nil, err
	}
	for _, arch := range []functionbuild.Arch{functionbuild.ARM64, functionbuild.AMD64} {
		if err := writeStandIn(arch); err != nil {
			return nil, err
		}
	}
	return func() { os.RemoveAll(standIns) }, os.Setenv(variable, standIns)
}

func writeStandIn(arch functionbuild.Arch) error {
	file, err := os.Create(filepath.Join(standIns, string(arch)+".zip"))
	if err != nil {
		return err
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	entry, err := archive.Create("bootstrap")
	if err != nil {
		return err
	}
	if _, err := entry.Write([]byte("a stand-in of the function for " + arch)); err != nil {
		return err
	}
	return archive.Close()
}

func standIn(arch functionbuild.Arch) (functionbuild.Result, error) {
	path := filepath.Join(standIns, string(arch)+".zip")
	content, err := os.ReadFile(path)
	sum := sha256.Sum256(content)
	return functionbuild.Result{Zip: path, SHA256: hex.EncodeToString(sum[:])}, err
}

// functionOf builds the function, for tests of its zip. Call it first: a test that left the
// module's folder, or took HOME away, cannot build.
func functionOf(t *testing.T, arch functionbuild.Arch) functionbuild.Result {
	t.Helper()
	built, err := functionbuild.Build(arch)
	if err != nil {
		t.Fatal(err)
	}
	return built
}
