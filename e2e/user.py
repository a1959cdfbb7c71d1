"""A user of the project: a clone of it, an account, and the commands cdk and sops."""

import os
import platform

import boto3

ACCOUNT = "123456789012"
CDK = "aws-cdk@2.1148.1"
SOPS = "github.com/getsops/sops/v3/cmd/sops@v3.13.3"

# What the rest of this machine's environment must not decide.
FOREIGN = ("AWS_", "SOPS_", "CDK_", "MINISTACK_")


def environment(temp, endpoint):
    """The environment of every command: the account's credentials, and nothing of
    the real user's settings for AWS, sops and cdk."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    env.update(
        AWS_ENDPOINT_URL=endpoint,
        AWS_ACCESS_KEY_ID=ACCOUNT,  # the emulator takes the account from it
        AWS_SECRET_ACCESS_KEY="none",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        CDK_HOME=os.path.join(temp, "cdk"),
        CDK_DISABLE_CLI_TELEMETRY="true",
        CI="true",  # cdk: progress line by line, on the standard output
        NO_COLOR="1",
        NO_PROXY="127.0.0.1",
        no_proxy="127.0.0.1",
        TMPDIR=temp,
        # Node's end of life is no concern of this test.
        JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION="20",
    )
    return env


class User:
    """Works in the folder repo, which is a clone of the project."""

    def __init__(self, commands, repo, env, sops):
        self.commands, self.repo, self.env, self._sops = commands, repo, env, sops
        self.said = []  # what cdk printed, all of it

    def cdk(self, *args, validated=False):
        """Runs cdk. The CDK's validation of the templates takes longer than all the
        rest of a synth, so it is on where templates are new. The limit is for the first
        compile of the CDK's Go modules on a busy machine."""
        architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        result = self.commands.run(
            ["npx", "--yes", CDK, *args, "--no-notices",
             "-c", f"account={ACCOUNT}", "-c", f"sops:architecture={architecture}"],
            cwd=self.repo, env={**self.env, **({} if validated else {"CDK_VALIDATION": "false"})}, seconds=900)
        self.said.append(result.output)
        return result

    def deploy(self, *args, **options):
        return self.cdk("deploy", "--require-approval", "never", *args, **options)

    def sops(self, *args, **env):
        """Runs sops in its folder, where it finds its creation rules."""
        return self.commands.run([self._sops, *args], cwd=self.path("sops"), env={**self.env, **env}, seconds=60)

    def path(self, *names):
        return os.path.join(self.repo, *names)

    def read(self, *names):
        with open(self.path(*names), encoding="utf-8", newline="") as file:
            return file.read()

    def write(self, text, *names):
        with open(self.path(*names), "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def roles(self):
        """The roles of the account that are not those of cdk bootstrap."""
        return [role for role in self.aws("iam").list_roles()["Roles"] if not role["RoleName"].startswith("cdk-")]

    def aws(self, service, region="eu-west-1"):
        return client(service, self.env["AWS_ENDPOINT_URL"], region)


def client(service, endpoint, region="eu-west-1"):
    return boto3.client(service, region_name=region, endpoint_url=endpoint,
                        aws_access_key_id=ACCOUNT, aws_secret_access_key="none")
