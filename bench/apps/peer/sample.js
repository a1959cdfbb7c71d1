// The sample app of this repository (app.go and stacks/) with the npm package
// cdk-sops-secrets: the same four stacks, with the names of the stage dev.
const cdk = require('aws-cdk-lib');
const codebuild = require('aws-cdk-lib/aws-codebuild');
const iam = require('aws-cdk-lib/aws-iam');
const kms = require('aws-cdk-lib/aws-kms');
const { SopsSecret } = require('cdk-sops-secrets');

const tags = { Application: 'sops', Stage: 'dev' };
const sopsActions = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];

function newStack(app, region, stackName, description) {
  const stack = new cdk.Stack(app, stackName, { env: { region }, stackName, description, tags });
  for (const [name, value] of Object.entries(tags)) {
    cdk.Tags.of(stack).add(name, value);
  }
  return stack;
}

function newKey(stack, name, description) {
  return new kms.Key(stack, name, {
    alias: `alias/${name}`,
    description,
    enableKeyRotation: false,
    pendingWindow: cdk.Duration.days(7),
    removalPolicy: cdk.RemovalPolicy.DESTROY,
  });
}

function outputSopsKmsArn(stack, key, roleArn) {
  new cdk.CfnOutput(stack, 'SopsKmsArn', {
    description: 'The value for SOPS_KMS_ARN.',
    value: cdk.Fn.join('+', [key.keyArn, roleArn]),
  });
}

const app = new cdk.App();

const us = newStack(app, 'us-east-1', 'SopsKmsKeyUsStack', 'The KMS key of sops in us-east-1.');
outputSopsKmsArn(us, newKey(us, 'sops-dev-key-us', 'SOPS KMS Key US-East-1'),
  us.formatArn({ service: 'iam', region: '', resource: 'role', resourceName: 'sops-dev-role' }));

const roles = newStack(app, 'eu-west-1', 'SopsDevRoleStack', 'The KMS key of sops in eu-west-1, and the role that sops uses both keys with.');
const key = newKey(roles, 'sops-dev-key-eu', 'SOPS KMS Key EU-West-1');
const role = new iam.Role(roles, 'sops-dev-role', {
  roleName: 'sops-dev-role',
  description: 'The role for using sops.',
  assumedBy: new iam.AccountRootPrincipal(),
});
role.addToPolicy(new iam.PolicyStatement({ sid: 'SOPSDevActions', actions: sopsActions, resources: [key.keyArn] }));
role.addToPolicy(new iam.PolicyStatement({
  sid: 'SOPSDevActionsUS',
  actions: sopsActions,
  resources: [roles.formatArn({ service: 'kms', region: 'us-east-1', resource: 'key', resourceName: '*' })],
  conditions: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/sops-dev-key-us' } },
}));
outputSopsKmsArn(roles, key, role.roleArn);

const secrets = newStack(app, 'eu-west-1', 'SopsSecretsManagerStack', 'The secret that is filled from a SOPS file.');
const credentials = new SopsSecret(secrets, 'SopsCredentials', {
  secretName: 'sops_credentials',
  sopsFilePath: 'sops/mymanagedsecrets.sops.json',
  removalPolicy: cdk.RemovalPolicy.DESTROY,
});

const pipeline = newStack(app, 'eu-west-1', 'SopsPipelineStack', 'A build that reads two keys of the secret.');
const variable = (name) => ({
  type: codebuild.BuildEnvironmentVariableType.SECRETS_MANAGER,
  value: `${credentials.secretArn}:${name}`,
});
const project = new codebuild.Project(pipeline, 'Build', {
  description: 'Reads two keys of the secret that comes from a SOPS file.',
  buildSpec: codebuild.BuildSpec.fromObject({
    version: '0.2',
    phases: { build: { commands: ['test -n "$MY_API_KEY"', 'test -n "$MY_FIRST_SECRET"'] } },
  }),
  environmentVariables: { MY_API_KEY: variable('my_api_key'), MY_FIRST_SECRET: variable('my_first_secret') },
});
credentials.grantRead(project);
app.synth();
