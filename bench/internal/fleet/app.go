package fleet

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// App is an app of the CDK, ready to start.
type App struct {
	fleet *Fleet
	Args  []string
	Dir   string
	// Env is added to the environment, whose settings of AWS, of the CDK, of jsii and of
	// SOPS are left out. Default: what decrypts with age, without the CDK's validation.
	Env []string
	// Secrets is how many secrets the templates must have. Zero checks nothing.
	Secrets int
	// Memory measures [Usage.Memory]. That takes some time of its own.
	Memory bool
	// Output keeps what the process prints.
	Output bool
	// After is called with the folder of the output before it is removed. Default: nothing.
	After func(out string) error
	// OutputArg appends the folder for the output to Args, besides saying it in the
	// environment.
	OutputArg bool
}

// Usage is what a process and all its descendants took.
type Usage struct {
	Wall, CPU time.Duration
	// Memory is the largest sum over the processes of the tree that were alive at one
	// time, each with the most that it had resident until then, in bytes.
	Memory int64
	// Output is what the process printed, both streams.
	Output []byte
}

// Decrypting is the environment of a synth that decrypts with age.
func Decrypting() []string { return append(Quiet(), "SOPS_AGE_KEY="+Identity) }

// Quiet is the environment of a synth without keys.
func Quiet() []string {
	return []string{
		"CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20,22,24",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
	}
}

// Run runs the app once, with a new folder for its output.
func (a *App) Run() (Usage, error) {
	f := a.fleet
	f.runs++
	out, err := f.Sub("cdk.out" + strconv.Itoa(f.runs))
	if err != nil {
		return Usage{}, err
	}
	defer os.RemoveAll(out)
	env := a.Env
	if env == nil {
		env = Decrypting()
	}
	args := slices.Clone(a.Args[1:])
	if a.OutputArg {
		args = append(args, out)
	}
	cmd := exec.Command(a.Args[0], args...)
	cmd.Dir = a.Dir
	cmd.Env = slices.Concat(Environ(), env, []string{"CDK_OUTDIR=" + out})
	usage, printed, err := Measure(cmd, a.Memory)
	if err != nil {
		return Usage{}, fmt.Errorf("%s: %w\n%s", strings.Join(a.Args, " "), err, printed)
	}
	if a.Output {
		usage.Output = printed
	}
	if err := a.check(out); err != nil || a.After == nil {
		return usage, err
	}
	return usage, a.After(out)
}

// Measure runs a command to its end, and returns what it took and printed. Its memory is
// measured only if asked for.
func Measure(cmd *exec.Cmd, memory bool) (Usage, []byte, error) {
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Usage{}, nil, err
	}
	var watch *watch
	if memory {
		watch = startWatch(cmd.Process.Pid)
	}
	err := cmd.Wait()
	usage := Usage{Wall: time.Since(start), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if memory {
		usage.Memory = watch.stop()
	}
	return usage, printed.Bytes(), err
}

// Environ is this process's environment without what would change a synth.
func Environ() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool {
		for _, prefix := range []string{"AWS_", "CDK_", "JSII_", "SOPS_", "SOPSCDK_"} {
			if strings.HasPrefix(kv, prefix) {
				return true
			}
		}
		return false
	})
}

// check counts the secrets in the templates.
func (a *App) check(out string) error {
	if a.Secrets == 0 {
		return nil
	}
	templates, err := filepath.Glob(filepath.Join(out, "*.template.json"))
	if err != nil {
		return err
	}
	secrets := 0
	for _, name := range templates {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		secrets += bytes.Count(content, []byte(`"AWS::SecretsManager::Secret"`))
	}
	if secrets != a.Secrets {
		return fmt.Errorf("%s: the templates have %d secrets, want %d", strings.Join(a.Args, " "), secrets, a.Secrets)
	}
	return nil
}
