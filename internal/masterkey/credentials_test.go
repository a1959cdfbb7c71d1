package masterkey_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/ebb7bed6/sopscdk/internal/awstest"
	"github.com/ebb7bed6/sopscdk/internal/masterkey"
)

// profiles writes the files of the AWS command, with the profile "it", and selects that.
func (w *world) profiles(t *testing.T, lines string) {
	t.Helper()
	w.environment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	path := filepath.Join(t.TempDir(), "config")
	base := "[profile base]\naws_access_key_id = " + awstest.CallerAccessKeyID + "\naws_secret_access_key = demo-value-1\n"
	if err := os.WriteFile(path, []byte(base+"[profile it]\n"+lines), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", path)
	t.Setenv("AWS_PROFILE", "it")
}

// Each source of credentials that has none says so itself, and never a value
// (getsops/sops#736, #948, #997, #1299).
func TestWhyThereAreNoCredentials(t *testing.T) {
	const again = `; run it by hand, or "aws sts get-caller-identity"`
	for name, c := range map[string]struct{ profile, want string }{
		"an MFA device": {"role_arn = " + role + "\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n",
			`the AWS profile "it" asks for a code of an MFA device (mfa_serial), which cannot be typed in here; run eval "$(aws configure export-credentials --format env)", which asks for it, and then this command again`},
		"a role without a source": {"role_arn = " + role + "\nsource_profile = none\n",
			`the AWS profile "it" names the profile "none" as its source_profile, which does not exist; "aws configure list-profiles" shows those that do`},
		"a role of an unknown source": {"role_arn = " + role + "\ncredential_source = none\n", `the AWS configuration cannot be used; try "aws configure list"`},
		"a missing token file": {"role_arn = " + role + "\nweb_identity_token_file = /none/token\n",
			`the file with the web identity token cannot be read; see AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile: the platform that runs this command writes it`},
		"a failing process":            {"credential_process = sh -c 'echo demo-value-2; exit 3'\n", `the credential_process of the AWS profile "it" failed with exit code 3` + again},
		"a process that is not there":  {"credential_process = /none/process demo-value-2\n", `the credential_process of the AWS profile "it" failed with exit code 127` + again},
		"a process without JSON":       {"credential_process = echo demo-value-2\n", `the credential_process of the AWS profile "it" printed no credentials (the JSON object of the AWS command's manual, Version 1)` + again},
		"a process of another version": {`credential_process = echo '{"Version": 2, "SecretAccessKey": "demo-value-2"}'` + "\n", `the credential_process of the AWS profile "it" printed no credentials (the JSON object of the AWS command's manual, Version 1)` + again},
		"a session without a login": {"sso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.com\n",
			`the AWS profile "it" has no AWS SSO session on this machine; run "aws sso login"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			k := w.wrap(t, euKey, nil)
			w.profiles(t, c.profile)
			ring := fromEnvironment(t, masterkey.Options{})
			for range 2 { // the second time it is remembered
				if err := ring.Prepare(t.Context(), k); err == nil || err.Error() != c.want {
					t.Errorf("got  %v\nwant %s", err, c.want)
				} else if strings.Contains(err.Error(), "demo-value") {
					t.Error("the message holds a value")
				}
			}
		})
	}
}

// The cdk command does not pass on its option --profile, so the message says what reaches
// the app too.
func TestTheProfileOfTheCDK(t *testing.T) {
	const hint = "; the option --profile of cdk does not reach the app, and AWS_PROFILE in the environment reaches both"
	for _, c := range []struct {
		version, profile string
		want             bool
	}{{"", "", false}, {"2.1148.1", "", true}, {"2.1148.1", "p", false}} {
		t.Setenv("CDK_CLI_VERSION", c.version)
		t.Setenv("AWS_PROFILE", c.profile)
		if got := masterkey.NoCredentials(nil).Error(); strings.HasSuffix(got, hint) != c.want || !strings.HasPrefix(got, "no AWS credentials were found; ") {
			t.Errorf("%v: got %s", c, got)
		}
	}
	// With AWS_PROFILE, the profile's own credentials are used.
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	w.profiles(t, "role_arn = "+role+"\nsource_profile = base\n")
	t.Setenv("AWS_PROFILE", "base")
	t.Setenv("CDK_CLI_VERSION", "2.1148.1")
	if err := fromEnvironment(t, masterkey.Options{}).Prepare(t.Context(), k); err != nil {
		t.Errorf("with AWS_PROFILE: got %v", err)
	}
}

// What a service answers is passed on as its code alone. (The SDK asks STS for a profile's
// role without looking at AWS_ENDPOINT_URL, so that no stand-in can answer.)
func TestLoginsThatAreRefused(t *testing.T) {
	t.Setenv("AWS_PROFILE", "it")
	for operation, want := range map[string]string{
		"STS AssumeRole":                `STS answered AccessDenied to the role of the AWS profile "it"; the role must exist, its trust policy must name the source_profile's principal, and that one's policy must allow sts:AssumeRole`,
		"STS AssumeRoleWithWebIdentity": `STS answered AccessDenied to the role of the web identity token (AWS_ROLE_ARN); the role's trust policy must name the token's issuer, audience and subject`,
		"SSO GetRoleCredentials":        `SSO answered AccessDenied when the AWS profile "it" asked for credentials; try "aws sts get-caller-identity"`,
	} {
		service, name, _ := strings.Cut(operation, " ")
		err := error(&smithy.OperationError{ServiceID: service, OperationName: name, Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "demo-value-1"}})
		if got := masterkey.NoCredentials(err); got.Error() != want {
			t.Errorf("got  %v\nwant %s", got, want)
		}
		err = &smithy.OperationError{ServiceID: service, OperationName: name, Err: errors.New("demo-value-1")}
		if got, want := masterkey.NoCredentials(err).Error(), service+` is not reachable, which the AWS profile "it" asks for credentials`; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A failing source is asked once, and not for each of a fleet's files.
func TestCredentialsAreAskedForOnce(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	log := filepath.Join(t.TempDir(), "runs")
	w.profiles(t, "credential_process = sh -c 'echo x >> "+log+"; exit 1'\n")
	ring := fromEnvironment(t, masterkey.Options{})
	for range 5 {
		if _, err := ring.Unwrap(t.Context(), k); err == nil {
			t.Fatal("there are credentials")
		}
	}
	if runs, err := os.ReadFile(log); err != nil || len(runs) != len("x\n") {
		t.Errorf("got %d bytes, %v", len(runs), err)
	}
}

// Nothing limits how long a person may take to log in below two minutes: neither the ring
// nor, since Prepare has its context, the reader.
func TestCredentialsHaveTime(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	cfg := w.config()
	var left time.Duration
	credentials := cfg.Credentials
	cfg.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		deadline, ok := ctx.Deadline()
		if left = time.Until(deadline); !ok {
			left = time.Hour
		}
		return credentials.Retrieve(ctx)
	})
	if err := masterkey.ForFunction(cfg, masterkey.Options{}).Prepare(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if left < 100*time.Second {
		t.Errorf("got %v", left)
	}
}

// An entry's aws_profile is used where it exists, before what the environment says, as
// sops does. Where it does not, the entry is asked for as if it named none.
func TestProfileOfAnEntry(t *testing.T) {
	const failing = "credential_process = sh -c 'exit 1'\n"
	const failed = `the credential_process of the AWS profile "it" failed with exit code 1; run it by hand, or "aws sts get-caller-identity"`
	for name, c := range map[string]struct {
		entry       string
		environment bool // has credentials
		want        string
	}{
		"it exists":                             {"base", false, ""},
		"it exists, beside the environment":     {"base", true, ""},
		"it fails, beside the environment":      {"it", true, failed},
		"it does not exist":                     {"none", true, ""},
		"it does not exist, and nothing else":   {"none", false, failed + `; its aws_profile "none" does not exist here, so it was asked for with the default credentials`},
		"none, and the selected one fails":      {"", false, failed},
		"its name is that of a source's option": {"source_profile", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			k := w.wrap(t, euKey, nil)
			k.AWSProfile = c.entry
			w.profiles(t, failing)
			if c.environment {
				t.Setenv("AWS_ACCESS_KEY_ID", awstest.CallerAccessKeyID)
				t.Setenv("AWS_SECRET_ACCESS_KEY", "demo-value-1")
			}
			ring := fromEnvironment(t, masterkey.Options{})
			for range 2 {
				key, err := ring.Unwrap(t.Context(), k)
				switch {
				case err == nil && (c.want != "" || string(key) != dataKey):
					t.Errorf("got a key, want %s", c.want)
				case err != nil && err.Error() != c.want:
					t.Errorf("got  %v\nwant %s", err, c.want)
				}
			}
		})
	}
}

// Two entries of one key with different profiles are asked for with different
// credentials.
func TestProfilesDoNotMix(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	k.Role = role
	w.profiles(t, "credential_process = sh -c 'exit 1'\n")
	ring := fromEnvironment(t, masterkey.Options{})
	for _, profile := range []string{"base", "it", "base", ""} {
		k.AWSProfile = profile
		if _, err := ring.Unwrap(t.Context(), k); (err == nil) != (profile == "base") {
			t.Errorf("profile %q: %v", profile, err)
		}
	}
}

// A machine without the AWS command's files has no profile at all.
func TestProfileWithoutFiles(t *testing.T) {
	w := newWorld(t)
	k := w.wrap(t, euKey, nil)
	k.AWSProfile = "work"
	w.environment(t)
	if _, err := fromEnvironment(t, masterkey.Options{}).Unwrap(t.Context(), k); err != nil {
		t.Error(err)
	}
}
