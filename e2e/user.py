"""A user of the project: a clone of it, an account, and the commands cdk and sops."""

import json
import os
import platform
import re
import shlex
import sys

import boto3

import documents

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
        CDK_NOTICES="false",
        CDK_REQUIRE_APPROVAL="never",
        CI="true",  # cdk: progress line by line, on the standard output
        GIT_AUTHOR_NAME="e2e", GIT_AUTHOR_EMAIL="e2e@localhost", GIT_COMMITTER_NAME="e2e", GIT_COMMITTER_EMAIL="e2e@localhost",
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
        self.said = []  # what the commands printed, all of it
        self.followed = set()  # the documents' blocks that were run
        # The shell that the documents' blocks run in, one after the other: its folder and its variables.
        self.folder, self.variables = repo, {}
        path = [os.path.dirname(sops), os.path.dirname(sys.executable), env["PATH"]]
        self.env["PATH"] = os.pathsep.join(path)  # sops, and aws of the virtual environment
        # The emulator runs the function on this machine.
        architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        self.write(json.dumps({"sops:architecture": architecture}), "cdk.context.json")

    def cdk(self, *args, validated=False):
        return self.shell(shlex.join(["npx", "--yes", CDK, *args]), validated=validated)

    def shell(self, script, validated=False, **env):
        """Runs a script as a user types it, in the shell of the scripts before it. The CDK's validation
        of the templates takes longer than all the rest of a synth, so it is on where templates are new.
        The limit is for the first compile of the CDK's Go modules on a busy machine."""
        state = self.path(".git", "e2e-state")
        script = f"set -ea\n{script}\nenv -0 >{shlex.quote(state)}; pwd >>{shlex.quote(state)}\n"
        if not validated:
            env["CDK_VALIDATION"] = "false"
        result = self.commands.run(["bash", "-c", script], cwd=self.folder, seconds=900,
                                   env={**self.env, **env, **self.variables})
        self.said.append(result.output)
        if result.ok:
            *variables, self.folder = self.read(".git", "e2e-state").rstrip("\n").split("\0")
            pairs = (variable.partition("=") for variable in variables)
            self.variables = {name: value for name, _, value in pairs if re.fullmatch("[a-z][a-z_]*", name)
                              and name not in self.env and name not in env}
        return result

    def follow(self, name, words=None, text=None, **options):
        """Runs the block of that name in the README or in docs/, with words put in the place of those
        that stand for the user's own, and text typed into the editor that sops opens."""
        block = documents.named(name)
        self.followed.add(name)
        script = block.text
        for word, value in (words or {}).items():
            script, count = re.subn(rf"\b{word}\b", value, script)
            if not count:
                raise KeyError(f"{block.where} has no {word}")
        if text is None:
            return self.shell(script, **options)
        return self.shell(script, EDITOR=self.editor(text), **options)

    def editor(self, text):
        """A command for EDITOR that replaces the content of the file that sops calls it with."""
        self.write(text, ".git", "typed")
        return "cp " + self.path(".git", "typed")

    def commit(self):
        return self.shell("git add --all && git commit --quiet --message e2e")

    def deploy(self, *args, **options):
        return self.cdk("deploy", *args, **options)

    def sops(self, *args, folder=("sops",), **env):
        """Runs sops in a folder: its own one, where it finds its creation rules, unless another is given."""
        return self.commands.run([self._sops, *args], cwd=self.path(*folder), env={**self.env, **env}, seconds=60)

    def path(self, *names):
        return os.path.join(self.repo, *names)

    def files(self, *names):
        """The name and the content of each file in a folder."""
        for folder, _, found in os.walk(self.path(*names)):
            for name in found:
                with open(os.path.join(folder, name), "rb") as file:
                    yield name, file.read()

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
