package sopsconstructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	sopsconstructs "github.com/ebb7bed6/sopscdk/constructs"
	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/sopstest"
)

// inAWS lets the machine that "synthesizes" call a stand-in of AWS, which has the
// keys of these tests, and nothing else.
func inAWS(t *testing.T) *awstest.Server {
	t.Helper()
	sopstest.Isolate(t)
	server, err := awstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	server.Setenv(t)
	server.AddKey(keyEU)
	server.AddKey(keyUS)
	return server
}

// anyAccount has "*" for the account of an ARN.
func anyAccount(arn string) string { return strings.Replace(arn, ":111122223333:", ":*:", 1) }

func TestAllowedKeys(t *testing.T) {
	server := inAWS(t)
	recipient := identity.Recipient().String()
	plain := sopstest.File{JSON: clear, KMS: []sopstest.KMS{{ARN: keyEU}, {ARN: keyUS}}}
	withRole := sopstest.File{JSON: clear, KMS: []sopstest.KMS{{ARN: keyEU, Role: roleEU}}}
	withAge := sopstest.File{JSON: clear, KMS: []sopstest.KMS{{ARN: keyEU}}, Age: []string{recipient}}
	const remedy = `, which is not among the allowed keys; add it to AllowedKeys if it may be used, else take it out of the file with "sops rotate"` + wayRound
	for _, c := range []struct {
		name    string
		file    sopstest.File
		allowed []string
		want    string // "" where the file may be used
	}{
		{"all named", plain, []string{keyEU, keyUS, roleEU}, ""},
		{"a key is missing", plain, []string{keyEU}, `the file names the kms key "` + keyUS + `"`},
		{"a part of a name is none", plain, []string{keyEU[:len(keyEU)-1]}, `the file names the kms key "` + keyEU + `"`},
		{"an empty list", plain, []string{}, `the file names the kms key "` + keyEU + `"`},
		{"with the role", withRole, []string{keyEU, roleEU}, ""},
		{"a role is missing", withRole, []string{keyEU}, `the file names the role "` + roleEU + `"`},
		{"with the recipient", withAge, []string{keyEU, recipient}, ""},
		{"with any account", withRole, []string{anyAccount(keyEU), anyAccount(roleEU)}, ""},
		{"with any account, and another name", withRole, []string{anyAccount(keyEU), anyAccount(roleEU) + "2"}, `the file names the role "` + roleEU + `"`},
		{"a recipient is missing", withAge, []string{keyEU}, `the file names the age key "` + recipient + `"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, "x.sops.json", c.file)
			server.ResetCalls()
			stack := newStack(nil)
			props := ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", AllowedKeys: c.allowed})
			if c.want == "" {
				newSecret(stack, "Credentials", props)
				stack.Node().Root().(awscdk.App).Synth(nil)
				if len(server.Calls()) == 0 {
					t.Error("no call to AWS: this shows nothing")
				}
				return
			}
			got := panicOf(t, func() { newSecret(stack, "Credentials", props) })
			if want := `constructs: SopsSecret "S/Credentials": x.sops.json: ` + c.want + remedy; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if calls := server.Calls(); len(calls) != 0 {
				t.Errorf("%d calls to AWS before the file was refused, the first %s:%s", len(calls), calls[0].Service, calls[0].Action)
			}
		})
	}
}

func TestAllowedKeysHoldWithoutDecryption(t *testing.T) {
	sopstest.Isolate(t)
	write(t, "x.sops.json", standard(clear))
	stack := newStack(map[string]any{"sops:decrypt": "skip"})
	got := panicOf(t, func() {
		newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", AllowedKeys: []string{keyUS}}))
	})
	if !strings.Contains(got, keyEU+`", which is not among the allowed keys`) {
		t.Errorf("got %s", got)
	}
}

// A role that a file names without a limit is a warning: the function may assume it.
func TestRoleWithoutAllowedKeys(t *testing.T) {
	openable(t)
	withRole := standard(clear)
	withRole.KMS = []sopstest.KMS{{ARN: keyEU, Role: roleEU}, {ARN: keyUS, Role: roleEU}}
	const want = `x.sops.json names the role to use its keys with: "` + roleEU + `". The function may assume it, and whoever edits the file can name another, ` +
		`since nothing limits what it names. List its keys and roles in AllowedKeys, or in those of SetFilePolicy for the app. [ack: sopscdk:role]`
	all := append([]string{keyEU, keyUS, roleEU}, withRole.Age...)
	for _, c := range []struct {
		name         string
		file         sopstest.File
		app, allowed []string
		want         string
	}{
		{"nothing limits it", withRole, nil, nil, want},
		{"no role", standard(clear), nil, nil, ""},
		{"AllowedKeys", withRole, nil, all, ""},
		{"of the policy", withRole, all, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, "x.sops.json", c.file)
			stack := newStack(nil)
			if c.app != nil {
				sopsconstructs.SetFilePolicy(stack, sopsconstructs.FilePolicy{AllowedKeys: c.app})
			}
			newSecret(stack, "Credentials", ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", AllowedKeys: c.allowed}))
			if got := strings.Join(warnings(stack), "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestAllowedKeysMisuse(t *testing.T) {
	openable(t)
	write(t, "x.sops.json", standard(clear))
	everyKey := "arn:aws:kms:eu-west-1:111122223333:key/*"
	got := panicOf(t, func() {
		newSecret(newStack(nil), "Credentials", ofFile(sopsconstructs.SopsFile{Path: "x.sops.json", AllowedKeys: []string{everyKey}}))
	})
	if want := `constructs: SopsSecret "S/Credentials": AllowedKeys: "` + everyKey + `" has a wildcard; only the account of an ARN may be *, as in arn:aws:kms:eu-west-1:*:alias/NAME`; got != want {
		t.Errorf("got %s", got)
	}
}
