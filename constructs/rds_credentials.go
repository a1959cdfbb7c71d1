package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
)

// rdsCredentials takes user and password from two keys. The password names the
// synced version, so that a change of it in the file changes the database's. The
// user's name names no version: a property that changes its text makes
// CloudFormation replace the database.
func (r *readableSecret) rdsCredentials(username, password string) awsrds.Credentials {
	r.checkName(username)
	r.checkReference(username, "a dynamic reference")
	user := awscdk.SecretValue_SecretsManager(r.secret.SecretArn(), &awscdk.SecretsManagerSecretOptions{JsonField: &username})
	return awsrds.Credentials_FromPassword(user.UnsafeUnwrap(), r.secretKey(password).SecretValue())
}
