// Command makesample makes the sample file again: sops/mymanagedsecrets.sops.json,
// encrypted by the real sops command. From the repository's root:
//
//	go run ./internal/makesample            # installs sops into a temporary folder
//	go run ./internal/makesample -sops PATH # with a sops 3.13.3 that is there
//	go run ./internal/makesample -examples  # the examples' file instead
//
// The KMS keys of the file are those of a loopback server (package awstest), in a
// fictitious account, so the KMS entries look and parse like real ones and no
// real KMS can open them. The sample names them by the aliases of stage dev, as
// sops/.sops.yaml does. What opens the file is the age identity in
// sops/demonstration.agekey; it is made if it is not there. Nothing opens the file
// of the examples, which are synthesized with sops:decrypt=skip.
//
// Every run gives another file, since sops draws a new data key. The constants
// that it prints belong in internal/demonstration, whose test compares.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

const (
	sopsVersion = "3.13.3"
	sampleFile  = "sops/mymanagedsecrets.sops.json"
	identity    = "sops/demonstration.agekey"

	examplesFile = "examples/credentials.sops.json"

	roleARN  = "arn:aws:iam::111122223333:role/sops-dev-role"
	euKeyARN = "arn:aws:kms:eu-west-1:111122223333:key/4c1f0e7a-52d9-4b36-8e0f-9a6d2b7c31e5"
	usKeyARN = "arn:aws:kms:us-east-1:111122223333:key/b83a6d20-7f14-4e9c-a5d1-06e2c94f7b38"
	euAlias  = "arn:aws:kms:eu-west-1:111122223333:alias/sops-dev-key-eu"
	usAlias  = "arn:aws:kms:us-east-1:111122223333:alias/sops-dev-key-us"

	// The texts of the article, and one for the pipeline's second variable.
	clear = `{
	"my_first_secret": "my_first_token",
	"my_second_secret": "my_second_token",
	"my_api_key": "my_api_token"
}
`

	examplesClear = `{
	"my_api_key": "example-one",
	"smtp": {"user": "example-two", "password": "example-three"},
	"database": {"username": "example_four", "password": "example-five"}
}
`

	published = `# PUBLISHED: anyone can read this identity, and what is encrypted to it is public.
#
# It exists for one file, mymanagedsecrets.sops.json beside it, so that the first
# synth works offline. It opens nothing else. Never encrypt anything to it, never
# put its recipient into .sops.yaml, and delete both files when you start with
# secrets of your own.
#
# recipient: %s
%s
`
)

func main() {
	sops := flag.String("sops", "", "a sops "+sopsVersion+" command; empty: go install into a temporary folder")
	examples := flag.Bool("examples", false, "make "+examplesFile+" instead")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *sops, *examples)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "makesample:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, sops string, examples bool) error {
	if _, err := os.Stat("go.mod"); err != nil {
		return errors.New("run it from the repository's root")
	}
	temp, err := os.MkdirTemp("", "makesample")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if sops == "" {
		if sops, err = install(ctx, temp); err != nil {
			return err
		}
	}
	if examples {
		file, err := encrypt(ctx, sops, temp, examplesClear, "--kms", euKeyARN+","+usKeyARN)
		if err != nil {
			return err
		}
		return os.WriteFile(examplesFile, file, 0o644)
	}
	recipient, err := recipient()
	if err != nil {
		return err
	}
	file, err := encrypt(ctx, sops, temp, clear, "--kms", euAlias+"+"+roleARN+","+usAlias+"+"+roleARN, "--age", recipient)
	if err != nil {
		return err
	}
	if err := os.WriteFile(sampleFile, file, 0o644); err != nil {
		return err
	}
	fmt.Printf("Recipient = %q\nSHA256    = \"%x\"\n", recipient, sha256.Sum256(file))
	return nil
}

// install builds the sops command into a folder of its own.
func install(ctx context.Context, temp string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "install", "github.com/getsops/sops/v3/cmd/sops@v"+sopsVersion)
	cmd.Env = append(os.Environ(), "GOBIN="+temp, "GOFLAGS=", "GOOS=", "GOARCH=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("cannot install sops %s: %w", sopsVersion, err)
	}
	return filepath.Join(temp, "sops"), nil
}

// recipient is that of the published identity, which it makes if need be.
func recipient() (string, error) {
	text, err := os.ReadFile(identity)
	if errors.Is(err, fs.ErrNotExist) {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return "", err
		}
		text := fmt.Sprintf(published, id.Recipient(), id)
		return id.Recipient().String(), os.WriteFile(identity, []byte(text), 0o644)
	}
	if err != nil {
		return "", err
	}
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(ids) != 1 {
		return "", fmt.Errorf("%q is not a file with one age identity", identity)
	}
	id, ok := ids[0].(*age.X25519Identity)
	if !ok {
		return "", fmt.Errorf("%q holds no X25519 identity", identity)
	}
	return id.Recipient().String(), nil
}

// encrypt runs sops against the loopback server, in an environment that holds
// nothing of the user's: no key, no profile, no configuration file.
func encrypt(ctx context.Context, sops, temp, clear string, keys ...string) ([]byte, error) {
	server, err := awstest.Start()
	if err != nil {
		return nil, err
	}
	defer server.Close()
	server.AddAlias(euAlias, server.AddKey(euKeyARN))
	server.AddAlias(usAlias, server.AddKey(usKeyARN))

	env := append(server.Environ(), "HOME="+temp, "XDG_CONFIG_HOME="+temp, "SOPS_DISABLE_VERSION_CHECK=1")
	version := exec.CommandContext(ctx, sops, "--version")
	version.Env = env
	if out, err := version.Output(); err != nil || !strings.HasPrefix(string(out), "sops "+sopsVersion) {
		return nil, fmt.Errorf("%q is not sops %s", sops, sopsVersion)
	}

	source, config := filepath.Join(temp, "clear.json"), filepath.Join(temp, "empty.yaml")
	if err := errors.Join(os.WriteFile(source, []byte(clear), 0o600), os.WriteFile(config, nil, 0o600)); err != nil {
		return nil, err
	}
	args := append([]string{"--config", config, "encrypt", "--filename-override", filepath.Base(sampleFile)}, keys...)
	cmd := exec.CommandContext(ctx, sops, append(args, source)...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("sops encrypt: %w", err)
	}
	return out, nil
}
