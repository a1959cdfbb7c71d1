package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// runFunction builds the function with the modules of the app in the current folder. It
// prints the hash and the path of the zip as sha256sum does.
func runFunction(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("function", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	out := flags.String("out", "", "the `FILE` to write the zip to; without it the zip stays in the cache, and its path is printed")
	name := flags.String("architecture", "arm64", "the function's architecture, arm64 or x86_64")
	flags.Usage = func() {} // it would come with every mistake
	usage := func() {
		fmt.Fprint(stderr, "usage: sopscdk function [--out FILE] [--architecture arm64|x86_64]\n\n"+
			"Builds the sync function with the modules of the app in the current folder, for\n"+
			"FunctionZip or -c sops:function-zip=FILE, and prints the zip's SHA-256 and path.\n\n")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		usage()
		return err
	case err != nil:
		return usageError(err.Error())
	case flags.NArg() > 0:
		return usageError(fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	}
	arch, ok := map[string]functionbuild.Arch{"arm64": functionbuild.ARM64, "x86_64": functionbuild.AMD64}[*name]
	if !ok {
		return usageError(fmt.Sprintf("the architecture is %q; it must be arm64 or x86_64", *name))
	}
	built, err := functionbuild.Build(arch)
	if err != nil {
		return err
	}
	path := built.Zip
	if *out != "" {
		path = *out
		content, err := os.ReadFile(built.Zip)
		if err != nil {
			return err
		}
		if err := replace(path, content); err != nil {
			return fmt.Errorf("write the function: %w", err)
		}
	}
	_, err = fmt.Fprintf(stdout, "%s  %s\n", built.SHA256, path)
	return err
}

// replace writes the file in one step: a reader sees all of the old one or of the new.
func replace(path string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".sopscdk-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
