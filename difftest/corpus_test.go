package difftest_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// sample is one file that a real command encrypted.
type sample struct {
	name    string // format, rule, keys, version and seed
	format  sopsfile.Format
	version string
	data    []byte
}

// rules are the selection rules, as lines of a creation rule.
var rules = []struct{ name, line, from string }{
	{"default", "", ""},
	{"unencrypted-suffix", `unencrypted_suffix: _plain`, ""},
	{"encrypted-suffix", `encrypted_suffix: _enc`, ""},
	{"unencrypted-regex", `unencrypted_regex: ^(public|url|k[0-9])`, ""},
	{"encrypted-regex", `encrypted_regex: (pass|key|^a|enc|one)`, ""},
	{"unencrypted-comment", `unencrypted_comment_regex: sops:dec`, "v3.9.4"},
	{"encrypted-comment", `encrypted_comment_regex: sops:enc`, "v3.9.4"},
	{"mac-only", "encrypted_regex: (pass|key|^a|enc|one)\n    mac_only_encrypted: true", "v3.9.4"},
	{"mac-only-default", "mac_only_encrypted: true", "v3.9.4"},
}

// keySets are the master keys, as lines of a creation rule. 3.8.1 cannot be sent
// to another KMS endpoint.
func keySets() []struct{ name, lines, from string } {
	r := func(i int) string { return identities[i].recipient }
	return []struct{ name, lines, from string }{
		{"age", "age: " + r(0), ""},
		{"age2", "age: " + r(0) + "," + r(1), ""},
		{"kms", "kms: " + kmsEU, "v3.9.4"},
		{"kms-alias", "kms: " + kmsAlias, "v3.9.4"},
		{"kms2-age", "kms: " + kmsEU + "," + kmsUS + "\n    age: " + r(1), "v3.9.4"},
		{"kms-role-context", "key_groups:\n    - kms:\n      - arn: " + kmsUS + "\n        role: " + kmsRole +
			"\n        context:\n          Team: \"7\"\n          Stage: dev", "v3.9.4"},
		{"groups-2-of-3", "shamir_threshold: 2\n    key_groups:\n    - age: [" + r(0) + "]\n    - age: [" + r(1) + "]\n    - age: [" + r(2) + "," + r(3) + "]", ""},
		{"groups-kms", "shamir_threshold: 2\n    key_groups:\n    - age: [" + r(0) + "]\n    - kms:\n      - arn: " + kmsEU, "v3.9.4"},
		{"groups-all", "key_groups:\n    - age: [" + r(0) + "]\n    - age: [" + r(1) + "]\n    - age: [" + r(2) + "]", ""},
	}
}

var formatNames = []struct {
	format sopsfile.Format
	ending string
}{
	{sopsfile.JSON, ".json"}, {sopsfile.YAML, ".yaml"}, {sopsfile.Dotenv, ".env"}, {sopsfile.INI, ".ini"}, {sopsfile.Binary, ".bin"},
}

// seeds is how many files there are per version, format and rule.
const seeds = 6

// makeCorpus encrypts the corpus. A file that a command refuses to encrypt is
// left out and counted: sops 3.9.4 takes no dates, for one.
func makeCorpus(t *testing.T) (samples []sample, refused int) {
	t.Helper()
	dir := t.TempDir()
	var jobs []func() (sample, error)
	sets := keySets()
	for vi, version := range versions {
		for fi, f := range formatNames {
			for ri, rule := range rules {
				if version < rule.from && version != "v3.13.3" {
					continue
				}
				for seed := range seeds {
					set := sets[(vi+fi*5+ri*3+seed)%len(sets)]
					if version == "v3.8.1" && set.from != "" {
						set = sets[[]int{0, 1, 6, 8}[(fi+ri+seed)%4]]
					}
					name := fmt.Sprintf("%s-%s-%s-%s-%d", f.format, rule.name, set.name, version, seed)
					m := maker{rand.New(rand.NewPCG(uint64(seed), uint64(vi*1000+fi*100+ri))), version, seed%2 == 1}
					text := map[sopsfile.Format]func() string{
						sopsfile.JSON: m.json, sopsfile.YAML: m.yaml, sopsfile.Dotenv: m.dotenv, sopsfile.INI: m.ini, sopsfile.Binary: m.binary,
					}[f.format]()
					config := "creation_rules:\n  - path_regex: .*\n    " + set.lines + "\n"
					if rule.line != "" {
						config += "    " + rule.line + "\n"
					}
					jobs = append(jobs, func() (sample, error) {
						data, err := encrypt(filepath.Join(dir, name), f.ending, version, config, text)
						return sample{name, f.format, version, data}, err
					})
				}
			}
		}
	}
	results := make([]sample, len(jobs))
	errs := make([]error, len(jobs))
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for i, job := range jobs {
		wait.Add(1)
		slots <- struct{}{}
		go func() {
			defer wait.Done()
			results[i], errs[i] = job()
			<-slots
		}()
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			refused++
			if testing.Verbose() {
				t.Logf("%s: not encrypted: %v", results[i].name, err)
			}
			continue
		}
		samples = append(samples, results[i])
	}
	return samples, refused
}

// encrypt has the command of one version encrypt text under the creation rule.
func encrypt(base, ending, version, config, text string) ([]byte, error) {
	configFile, plainFile := base+".sops.yaml", base+ending
	if err := os.WriteFile(configFile, []byte(config), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(plainFile, []byte(text), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(commands[version], "--config", configFile, "--encrypt", plainFile)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}
