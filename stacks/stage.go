package stacks

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// Dev is the stage whose names and settings are those of the article that this
// app follows. Everything in it can be thrown away.
const Dev Stage = "dev"

// Stage is one deployment of the system. Its name is a part of every stack's and
// resource's name, so that two stages never touch each other: a lower-case
// letter, then at most 15 lower-case letters, digits and single hyphens.
type Stage string

var stageName = regexp.MustCompile(`^[a-z](-?[a-z0-9]){0,15}$`)

// Validate says what is wrong with the stage's name.
func (s Stage) Validate() error {
	if !stageName.MatchString(string(s)) {
		return fmt.Errorf("stacks: stage %q is not a name; use a lower-case letter, then up to 15 lower-case letters, digits and single hyphens", s)
	}
	return nil
}

// throwaway reports whether the stage's keys and secrets go with their stacks.
func (s Stage) throwaway() bool { return s == Dev }

// removal is what becomes of keys and secrets when they leave their stack. Outside of
// dev they stay, except when the deploy that creates them fails: what stayed of that
// would be in the way of the next deploy (the secret's name) or cost money (the keys).
func (s Stage) removal() awscdk.RemovalPolicy {
	if s.throwaway() {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// title is the name as it stands in the names of stacks and statements.
func (s Stage) title() string { return strings.ToUpper(string(s[:1])) + string(s[1:]) }

func (s Stage) roleStack() string { return "Sops" + s.title() + "RoleStack" }

// The other stacks of the article have no stage in their names.
func (s Stage) kmsKeyUsStack() string       { return s.stackName("KmsKeyUsStack") }
func (s Stage) secretsManagerStack() string { return s.stackName("SecretsManagerStack") }
func (s Stage) pipelineStack() string       { return s.stackName("PipelineStack") }

func (s Stage) stackName(rest string) string {
	if s == Dev {
		return "Sops" + rest
	}
	return "Sops" + s.title() + rest
}

func (s Stage) roleName() string  { return fmt.Sprintf("sops-%s-role", s) }
func (s Stage) keyNameEU() string { return fmt.Sprintf("sops-%s-key-eu", s) }
func (s Stage) keyNameUS() string { return fmt.Sprintf("sops-%s-key-us", s) }

func (s Stage) secretName() string {
	if s == Dev {
		return "sops_credentials"
	}
	return fmt.Sprintf("sops_credentials_%s", s)
}

// sopsFile is the stage's SOPS file, relative to the app's folder.
func (s Stage) sopsFile() string {
	if s == Dev {
		return "sops/mymanagedsecrets.sops.json"
	}
	return fmt.Sprintf("sops/%s/mymanagedsecrets.sops.json", s)
}

// statementID is a statement's id for the stage: letters and digits alone.
func (s Stage) statementID(suffix string) string {
	return "SOPS" + strings.ReplaceAll(s.title(), "-", "") + suffix
}
