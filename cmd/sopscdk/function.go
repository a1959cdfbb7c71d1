package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/ebb7bed6/sopscdk/internal/functionbuild"
)

// newFunction makes the command that builds the function with the modules of the app in the
// current folder. It prints the hash and the path of the zip as sha256sum does.
func newFunction() *cobra.Command {
	var out, name string
	c := &cobra.Command{
		Use:   "function",
		Short: "Build the function that syncs, and print its hash",
		Long: "Builds the function that syncs, with the modules of the app in the current folder, for\n" +
			"FunctionZip or -c sops:function-zip=FILE, and prints the zip's SHA-256 and path.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			arch, ok := map[string]functionbuild.Arch{"arm64": functionbuild.ARM64, "x86_64": functionbuild.AMD64}[name]
			if !ok {
				return usagef("the architecture is %q; it must be arm64 or x86_64", name)
			}
			built, err := functionbuild.Build(arch)
			if err != nil {
				return err
			}
			path := built.Zip
			if out != "" {
				path = out
				content, err := os.ReadFile(built.Zip)
				if err != nil {
					return err
				}
				if err := replace(path, content, "PK\x03\x04"); err != nil {
					return fmt.Errorf("write the function: %w", err)
				}
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", built.SHA256, path)
			return err
		},
	}
	c.Flags().StringVar(&out, "out", "", "the `FILE` to write the zip to; without it the zip stays in the cache, and its path is printed")
	c.Flags().StringVar(&name, "architecture", "arm64", "the function's architecture, arm64 or x86_64")
	complete(c, "architecture", "arm64", "x86_64")
	return c
}
