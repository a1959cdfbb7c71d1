package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// fakeSops is "sops encrypt" of JSON in the scripts, to the key of the scripts. It takes
// flags of its own: --fail, --quote, --quote-line, --escape and --change say what goes
// wrong.
func fakeSops() {
	clear, err := io.ReadAll(os.Stdin)
	if err != nil || len(os.Args) < 4 || os.Args[1] != "encrypt" || os.Args[2] != "--filename-override" {
		fmt.Fprintln(os.Stderr, "it is called otherwise than sops")
		os.Exit(2)
	}
	switch {
	case slices.Contains(os.Args, "--fail"):
		fmt.Fprintln(os.Stderr, "no such flag")
		os.Exit(1)
	case slices.Contains(os.Args, "--quote"):
		fmt.Fprintf(os.Stderr, "cannot read %s\n", clear)
		os.Exit(1)
	case slices.Contains(os.Args, "--quote-line"):
		lines := strings.Split(string(clear), "\n")
		fmt.Fprintf(os.Stderr, "cannot read %s\n", lines[len(lines)-1])
		os.Exit(1)
	case slices.Contains(os.Args, "--escape"):
		fmt.Fprintf(os.Stderr, "cannot read %q\n", clear)
		os.Exit(1)
	case slices.Contains(os.Args, "--change"):
		clear = []byte(strings.Replace(string(clear), "5432", "5433", 1))
	}
	content, err := sopstest.File{JSON: string(clear), KMS: []sopstest.KMS{{ARN: key}}}.Encrypt()
	if err != nil {
		fmt.Fprintln(os.Stderr, "it is no JSON object")
		os.Exit(1)
	}
	_, _ = os.Stdout.Write(content)
}
