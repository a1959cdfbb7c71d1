// The fleet of apps/ours with the npm package cdk-sops-secrets: the same stacks, the
// same files. Arguments: the folder of the files, the number of secrets, of stacks.
const path = require('node:path');
const cdk = require('aws-cdk-lib');
const { SopsSecret } = require('cdk-sops-secrets');

const [files, secrets, stacks] = process.argv.slice(2);
const inStack = Math.ceil(Number(secrets) / Number(stacks));
const app = new cdk.App();
let stack;
for (let i = 0; i < Number(secrets); i++) {
  if (i % inStack === 0) {
    stack = new cdk.Stack(app, `Stack${i / inStack}`, { env: { account: '111122223333', region: 'eu-west-1' } });
  }
  new SopsSecret(stack, `Secret${i}`, { sopsFilePath: path.join(files, `${i}.sops.json`) });
}
app.synth();
