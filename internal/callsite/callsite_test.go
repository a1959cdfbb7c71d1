package callsite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/callsite"
)

type maker struct{}

func (*maker) make(own ...string) []callsite.Frame { return callsite.Stack(own...) }

func TestStack(t *testing.T) {
	var frames []callsite.Frame
	func() { frames = (&maker{}).make() }()
	var got []string
	for _, f := range frames {
		got = append(got, f.Function+" "+f.File)
	}
	want := []string{"callsite_test.maker.make internal/callsite/callsite_test.go", "callsite_test.TestStack.func1 internal/callsite/callsite_test.go"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if f, ok := callsite.Nearest(frames); !ok || f.Line == 0 || f.String() != "callsite_test.maker.make (internal/callsite/callsite_test.go:"+strings.TrimPrefix(f.Location(), f.File+":")+")" {
		t.Errorf("the nearest is %q (%v)", f, ok)
	}
	if got := (&maker{}).make("github.com/ebb7bed6/sopscdk/internal/callsite_test"); len(got) != 0 {
		t.Errorf("own packages are left out, but got %q", got)
	}
	library := callsite.Frame{Function: "wrap.New", Library: "example.com/wrap"}
	if got := library.String(); got != "...wrap.New in example.com/wrap..." {
		t.Errorf("got %q", got)
	}
	if _, ok := callsite.Nearest([]callsite.Frame{library}); ok {
		t.Error("a library is none of the app's own code")
	}
}

func deep(n int) []callsite.Frame {
	if n == 0 {
		return callsite.Stack()
	}
	return deep(n - 1)
}

func TestStackIsBounded(t *testing.T) {
	if got := deep(1000); len(got) != callsite.MaxFrames {
		t.Errorf("got %d frames", len(got))
	}
}

// An app with a library between it and the constructs, however it is built, in whatever
// folder: the same text.
func TestBuilds(t *testing.T) {
	source, err := os.ReadFile("callsite.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"constructs/go.mod":               "module example.com/constructs\n\ngo 1.26\n",
		"constructs/internal/callsite.go": string(source),
		"constructs/new.go": `package constructs

import (
	"fmt"

	callsite "example.com/constructs/internal"
)

func New() {
	for _, f := range callsite.Stack("example.com/constructs") {
		fmt.Println(f)
	}
}
`,
		"team.v2/go.mod": "module example.com/team.v2\n\ngo 1.26\n\nrequire example.com/constructs v0.0.0\n",
		"team.v2/team.go": `package team

import "example.com/constructs"

type Team struct{}

func (t *Team) NewSecret() { t.inner() }

//go:noinline
func (*Team) inner() { constructs.New() }
`,
		"app/go.mod": "module app\n\ngo 1.26\n\nrequire (\n\texample.com/constructs v0.0.0\n\texample.com/team.v2 v0.0.0\n)\n\n" +
			"replace (\n\texample.com/constructs => ../constructs\n\texample.com/team.v2 => ../team.v2\n)\n",
		"app/main.go": `package main

import "app/stacks"

func main() { run(func() { stacks.New() }) }

func run(build func()) { build() }
`,
		"app/stacks/secrets.go": `package stacks

import team "example.com/team.v2"

func New() {
	new(team.Team).NewSecret()
}
`,
		"app/stacks/secrets_test.go": `package stacks_test

import (
	"testing"

	"app/stacks"
)

func TestNew(*testing.T) { stacks.New() }
`,
	}
	const inner = "...team%2ev2.Team.NewSecret in example.com/team.v2...\nstacks.New (stacks/secrets.go:6)\n"
	for _, tt := range []struct {
		name string
		run  [][]string
		want string
	}{
		{"go run FILE", [][]string{{"go", "run", "main.go"}}, "main.main.func1 (main.go:5)\nmain.run (main.go:7)\nmain.main (main.go:5)\n"},
		{"built elsewhere", [][]string{{"go", "build", "-trimpath", "-ldflags=-s -w", "-o", "../binary", "."}, {"../binary"}}, "main.main.func1 (main.go:5)\nmain.run (main.go:7)\nmain.main (main.go:5)\n"},
		{"go test", [][]string{{"go", "test", "-v", "./stacks"}}, "stacks_test.TestNew (stacks/secrets_test.go:9)\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for name, content := range files {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var out []byte
			for _, words := range tt.run {
				cmd := exec.Command(words[0], words[1:]...)
				cmd.Dir, cmd.Env = filepath.Join(root, "app"), append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOPROXY=off")
				var err error
				if out, err = cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, out)
				}
			}
			if want := strings.ReplaceAll(inner, "%2e", ".") + tt.want; !strings.Contains(string(out), want) {
				t.Errorf("got\n%s\nwant\n%s", out, want)
			}
		})
	}
}
