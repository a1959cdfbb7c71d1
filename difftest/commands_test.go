package difftest_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getsops/sops/v3/logging"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
)

// cacheVariable names the directory of the commands, for all but the default.
const cacheVariable = "SOPSCDK_DIFFTEST_CACHE"

// versions are the releases of sops whose files are compared.
var versions = []string{"v3.8.1", "v3.9.4", "v3.13.3"}

// command gives the sops command of one version, which it builds when it is not
// there yet.
func command(version string) (string, error) {
	cache := os.Getenv(cacheVariable)
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(user, "sopscdk-difftest")
	}
	dir := filepath.Join(cache, version)
	path := filepath.Join(dir, "sops")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	build := exec.Command("go", "install", "github.com/getsops/sops/v3/cmd/sops@"+version)
	build.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building sops %s: %w\n%s", version, err, out)
	}
	return path, nil
}

// The identities of the corpus: made for it, and known to everybody.
// THROW-AWAY TEST KEYS.
var identities = []struct{ secret, recipient string }{
	{"AGE-SECRET-KEY-1UKSWFJKR87QL4D76VJ9PLW778A068CXQLWUQYN2AXLCG37J6GSJQVW0HMV", "age1uayqm4get82k7arlremeul3gnuxvj4adrdjspnz3s6kfpjurpfjssv2szc"},
	{"AGE-SECRET-KEY-1HESTQT8VTUK2T0LJME4DGQNRHYUETQLYQDDDM02FKVRJFGRRYFWSWA82XC", "age1jxwcdfgfhm7facjc3fxtx5s8vnkshtu6vd8eu8lptzzle99qky6qgjpfh6"},
	{"AGE-SECRET-KEY-1LTRJUMGJPHGVR23HMNKRA0LE4DNYY0WFZAEKWRA5GPEUDQ3X8USSZHS5HP", "age1phgleqznry4065y6eyy28cfk3nengpvchwfr40zad67mavmchafsp0mrgm"},
	{"AGE-SECRET-KEY-1NMHP2FV62V607NCV7VGTSCYPR04WTPR3NKMGMQ8Z5T4NW2ULH0YQSJHFRX", "age1xg7rp62ddrjrvwz2z6g92szpju2arf0pppry7y6w3dq4uanxlg6sjg8grm"},
}

// The KMS keys of the corpus, which the loopback endpoint has.
const (
	kmsEU    = "arn:aws:kms:eu-west-1:111122223333:key/11111111-aaaa-4bbb-8ccc-000000000001"
	kmsUS    = "arn:aws:kms:us-east-1:111122223333:key/11111111-aaaa-4bbb-8ccc-000000000002"
	kmsAlias = "arn:aws:kms:eu-west-1:111122223333:alias/sops-corpus"
	kmsRole  = "arn:aws:iam::111122223333:role/sops-corpus"
)

// environment prepares the process, once, so that the official library, the
// commands and our own key ring all find the same keys and nothing of this machine.
var environment = sync.OnceValue(func() error {
	server, err := awstest.Start() // for as long as the tests run
	if err != nil {
		return err
	}
	server.AddAlias(kmsAlias, server.AddKey(kmsEU))
	server.AddKey(kmsUS)
	home, err := os.MkdirTemp("", "difftest-home")
	if err != nil {
		return err
	}
	tempHome = home
	secrets := make([]string, len(identities))
	for i, id := range identities {
		secrets[i] = id.secret
	}
	env := append(server.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home,
		"SOPS_AGE_KEY="+strings.Join(secrets, "\n"), "SOPS_DISABLE_VERSION_CHECK=1")
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
})

func TestMain(m *testing.M) {
	// The cache directory is the user's, so it is looked up before HOME changes, also
	// for the processes that fuzzing starts.
	for _, v := range versions {
		path, err := command(v)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		commands[v] = path
		if err := os.Setenv(cacheVariable, filepath.Dir(filepath.Dir(path))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := environment(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, l := range logging.Loggers { // it warns of every comment that does not open
		l.SetOutput(io.Discard)
	}
	code := m.Run()
	_ = os.RemoveAll(tempHome)
	for _, line := range summary {
		fmt.Println(line)
	}
	os.Exit(code)
}

var (
	commands = map[string]string{}
	tempHome string   // the home of the commands and libraries, empty
	summary  []string // what was compared, printed at the very end
)
