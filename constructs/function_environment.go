package sopsconstructs

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

// LambdaFunction is a Lambda function that is made in this app: [awslambda.Function] and
// what is made of it, such as a DockerImageFunction, and [awslambda.SingletonFunction].
type LambdaFunction interface {
	awsiam.IGrantable
	// AddEnvironment adds a variable to the function's environment.
	AddEnvironment(key *string, value *string, options *awslambda.EnvironmentOptions) awslambda.Function
}

// AddToFunction gives a Lambda function the secret's ARN in an environment variable, and the
// right to read and decrypt the secret, as [SopsSecret.GrantRead] does. The function reads
// the value when it runs, with GetSecretValue and the variable as SecretId, so a change of
// the secret does not change the function, and nobody sees the value in its settings.
//
// The function may be in another stack. In another region of the account, the variable has
// the ARN of the replica there, or else of the secret in its own region, without its last
// six characters. It panics for a function in another account, which needs the complete
// ARN, and for a name that is none of an environment variable.
func (s *SopsSecret) AddToFunction(function LambdaFunction, variable string, versionStages ...string) awsiam.Grant {
	return s.secret.addToFunction(function, variable, versionStages)
}

// AddToFunction gives a Lambda function the secret's ARN, as it was imported, and the right
// to read and decrypt it: see [SopsSecret.AddToFunction].
func (s *ImportedSopsSecret) AddToFunction(function LambdaFunction, variable string, versionStages ...string) awsiam.Grant {
	return s.secret.addToFunction(function, variable, versionStages)
}

var (
	// variableName is what Lambda takes, as the API reference of its Environment says.
	variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)
	// likeSuffix matches a name that, at the end of an ARN, Secrets Manager would take for a
	// shorter name with its own six characters.
	likeSuffix = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)
)

func (s *secret) addToFunction(function LambdaFunction, variable string, stages []string) awsiam.Grant {
	if !variableName.MatchString(variable) {
		s.fail(fmt.Errorf("%q cannot be an environment variable of Lambda; use two or more letters, digits and underscores, and begin with a letter", variable))
	}
	who := s.reader(function)
	arn, err := s.arnForFunction(who)
	if err != nil {
		s.fail(fmt.Errorf("AddToFunction of %q: %w", s.label(function), err))
	}
	grant := s.grantReader(who, stages)
	function.AddEnvironment(&variable, &arn, nil)
	return grant
}

// arnForFunction returns what a program passes as SecretId.
func (s *secret) arnForFunction(who reader) (string, error) {
	switch {
	case s.imported != nil || !who.elsewhere:
		return s.arn(), nil
	case who.ofAccount != same:
		return "", errors.New("it is in another account, or may be, and needs the complete ARN there; deploy the secret, and import it in that stack by SecretCompleteArn")
	}
	pattern, err := s.arnIn(who.region)
	if err != nil {
		return "", err
	}
	if likeSuffix.MatchString(s.name) {
		return "", fmt.Errorf("in another region it needs the ARN without its last six characters, and Secrets Manager would take the end of %q for them; choose another SecretName", s.name)
	}
	return strings.TrimSuffix(pattern, "-??????"), nil
}
