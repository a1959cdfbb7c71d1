package synthfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
	"github.com/ebb7bed6/sopscdk/internal/synthfile"
)

// The cdk command runs an app in the folder of cdk.json, and go test in that of the
// package (aws/aws-cdk-cli#638).
func TestPathsAreOfTheFolderOfCdkJson(t *testing.T) {
	sopstest.Isolate(t)
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write := func(path string, content []byte) string {
		path = filepath.Join(root, path)
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	outer, app, below := write("app/sops/x.json", encrypt(t, standard(values))), "app", "app/stacks/inner"
	write("app/cdk.json", nil)
	write("app/stacks/inner/y.json", encrypt(t, standard(values)))
	write("sops/z.json", encrypt(t, standard(values))) // above the app: another one's
	write("lone/x.json", encrypt(t, standard(values)))
	in := func(folders ...string) string {
		text := " in " + filepath.Join(root, folders[0])
		if len(folders) > 1 {
			text += ", nor in the folder of cdk.json, " + filepath.Join(root, folders[1])
		}
		return text
	}
	for _, c := range []struct{ from, path, place, missing string }{
		{app, "sops/x.json", outer, ""},
		{below, "sops/x.json", outer, ""},
		{below, "y.json", filepath.Join(root, below, "y.json"), ""},
		{below, outer, outer, ""},
		{"lone", "x.json", filepath.Join(root, "lone/x.json"), ""},
		{app, "sops/z.json", "", in(app)},
		{below, "sops/z.json", "", in(below, app)},
		{"lone", "sops/x.json", "", in("lone")},
		{app, filepath.Join(root, "none.json"), "", ""},
	} {
		t.Chdir(filepath.Join(root, c.from))
		file, err := synthfile.New().Open(c.path, "")
		if c.place == "" {
			want := "there is no file " + c.path + c.missing + "; create it with "
			if err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
				t.Errorf("%s from %s: got %v\nwant %s", c.path, c.from, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s from %s: %v", c.path, c.from, err)
			continue
		}
		var got string
		if err := file.OnDisk(func(path string) { got = path }); got != c.place || err != nil {
			t.Errorf("%s from %s: got %s, %v; want %s", c.path, c.from, got, err, c.place)
		}
	}
}
