package nag_test

// exception is a rule that resources do not keep, and why.
type exception struct {
	rule string
	// resources are patterns, as path.Match has them, of "EXAMPLE-STACK/LOGICALID"; the app's
	// own stacks are "app-STACK".
	resources []string
	reason    string
}

// any stands for all stacks and all resources.
var any = []string{"*/*"}

// exceptions are all that there are: another finding fails the test, and so does a pattern
// here without one.
var exceptions = []exception{
	{"AwsSolutions-SMG4", []string{"*/Credentials*", "app-SopsSecretsManagerStack/SopsCredentials*", "binary-Binary/Keystore*", "manysecrets-ManySecrets/*", "outputs-Outputs/*", "overlays-Overlays/*", "expiry-Expiry/Partners*", "agekey-AgeKey/Api*"},
		"The value comes from an encrypted file in git, and is changed there: the next sync would undo a rotation (docs/compliance.md)."},
	{"AwsSolutions-SMG4", []string{"generated-Generated/Secret*", "generated-Generated/TemplatedSecret*", "lambda-Lambda/Settings"},
		"The example shows how a secret is generated or made without a file; other examples show its rotation."},
	{"AwsSolutions-SMG4", []string{"hostedrotation-HostedRotation/HostedRotationDatabaseSecret*"},
		"The rule does not see the rotation schedule, which refers to the secret's attachment to the database."},

	{"AwsSolutions-KMS5", []string{"app-SopsDevRoleStack/*", "app-SopsKmsKeyUsStack/*"},
		"The keys of the stage dev alone do not rotate: it can be deleted and made again at any time. Those of other stages do (stacks.TestAnotherStage)."},
	{"AwsSolutions-KMS5", []string{"*/Key961B73FD", "pipeline-Pipeline/PipelineArtifactsBucketEncryptionKey*"},
		"The example is about who may use the key, and has the CDK's defaults for the rest."},

	{"AwsSolutions-IAM5", []string{"app-SopsDevRoleStack/sopsdevroleDefaultPolicy*"},
		"The role is for people who edit files with sops: kms:GenerateDataKey* and kms:ReEncrypt* are two actions each, on one key. The key in the other region is named by its alias, which works as a condition alone (kms:ResourceAliases) beside key/*."},
	{"AwsSolutions-IAM5", []string{"*/SopsSyncProviderParametersPolicy*"},
		"What leaves the stack is known to the previous template alone, so the parameters that the function may write and delete are named by the stack's tag (aws:ResourceTag/sops:stack), which only they have. Tags themselves it may list everywhere."},
	{"AwsSolutions-IAM5", []string{"*/BuildRoleDefaultPolicy*"},
		"CodeBuild: the CDK's own statements for the logs and reports of this one project, whose names end in an id. Secrets are named in full."},
	{"AwsSolutions-IAM5", []string{"pipeline-Pipeline/Pipeline*"},
		"CodePipeline: the CDK's own statements for the objects of this one bucket of artifacts, and its key."},
	{"AwsSolutions-IAM5", []string{"crossaccount-Reader/RoleDefaultPolicy*"},
		"The key is in another account, where its id is not known; kms:ViaService limits the statement to Secrets Manager, and the key's own policy names this role."},
	{"AwsSolutions-IAM5", []string{"rotation-Rotation/RotateServiceRoleDefaultPolicy*"},
		"secretsmanager:GetRandomPassword takes no resource; the CDK's own statement."},

	{"AwsSolutions-IAM4", []string{"*/*ServiceRole*"},
		"The CDK's default role of a function in an example. The sync function's role has no managed policy of AWS."},
	{"AwsSolutions-L1", []string{"agekey-AgeKey/Function*", "lambda-Lambda/Function*", "parameters-Parameters/Function*", "rotation-Rotation/*"},
		"The function of an example is in Python 3.13, which is supported; the rule wants the newest that it knows."},
	{"AwsSolutions-CB4", any, "The artifacts of the examples' builds, and of the app's, are encrypted with the key that AWS manages; a key of one's own is for those who need it."},
	{"AwsSolutions-ECS4", any, "The example is about a container's secrets, and has the CDK's defaults for the rest."},
	{"AwsSolutions-ECS7", any, "The example is about a container's secrets, and sets up no log."},
	{"AwsSolutions-VPC7", any, "The network is for the example alone, and has no flow logs."},
	{"AwsSolutions-RDS3", any, "The example is about the credentials of a database. Its database holds nothing, and is in one zone."},
	{"AwsSolutions-RDS10", any, "The example's database holds nothing, and is deleted with its stack."},
	{"AwsSolutions-RDS11", any, "The example's database has the usual port, which its security group opens to the rotation alone."},
	{"AwsSolutions-S1", any, "The example is about a pipeline's variables; its buckets have no log of accesses."},
	{"AwsSolutions-S10", []string{"pipeline-Pipeline/Source*"}, "The example's bucket of sources has no policy, so it does not ask for TLS; the bucket of artifacts does."},
}
