package sopstest

import (
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/leakscan"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

// Assembly is a synthesized app: what app.Synth returns.
type Assembly interface {
	// Directory is the folder of the assembly.
	Directory() *string
}

// MustNotLeak looks in an assembly for the encrypted values of the files that the test made
// with [File], and for further values. It reports each file that holds one as an error of the
// test, by the names of the values and never by the values themselves.
//
// It searches all files, their zip and gzip archives and what the app uploads from elsewhere;
// for a value as it stands, and in base64, in hex and escaped. Values of fewer than eight
// bytes, and those that everybody writes, such as "localhost", are not looked for; if none is
// left the test fails.
func MustNotLeak(t testing.TB, assembly Assembly, values ...string) {
	t.Helper()
	secrets, encrypted := made()
	for _, value := range values {
		secrets = append(secrets, leakscan.Secret{File: "the test", Key: "a value", Text: plaintext.New([]byte(value))})
	}
	result, err := leakscan.Scan(leakscan.Options{
		Root: *assembly.Directory(), Secrets: secrets, Shown: func() [][]byte { return encrypted },
	})
	if err != nil {
		t.Fatalf("sopstest: %v", err)
	}
	if result.Searched == 0 {
		t.Fatal("sopstest: there is no value to look for; use values of eight bytes or more that nothing else has")
	}
	for _, find := range result.Finds {
		t.Errorf("sopstest: %s holds %s", strings.Join(append([]string{find.Path}, find.Locations...), " "), strings.Join(find.Keys, ", "))
	}
	for _, part := range result.Unsearched {
		t.Errorf("sopstest: %s was not searched: %s", part.Path, part.Reason)
	}
}
