"""From an empty account to a secret that follows its file, and back."""

import json
import os

from botocore.exceptions import ClientError

from user import ACCOUNT

REGIONS = ("eu-west-1", "us-east-1")
KEY_STACKS = ("SopsDevRoleStack", "SopsKmsKeyUsStack")
SECRET_STACKS = ("SopsSecretsManagerStack", "SopsPipelineStack")
SECRET = "sops_credentials"
FILE = "mymanagedsecrets.sops.json"

CLEAR = """\
{
  "my_first_secret": "demo-first-token",
  "my_second_secret": "demo <second> & \\"token\\" ü",
  "my_api_key": "demo-api-key-1",
  "database": {"users": [{"name": "demo-user", "password": "demo-password"}], "port": 5432},
  "account": 123456789012,
  "enabled": true,
  "retired": null
}
"""

# What the secret holds then, in this order.
FIRST = {
    "my_first_secret": "demo-first-token",
    "my_second_secret": 'demo <second> & "token" ü',
    "my_api_key": "demo-api-key-1",
    "database.users[0].name": "demo-user",
    "database.users[0].password": "demo-password",
    "database.port": "5432",
    "account": "123456789012",
    "enabled": "true",
    "retired": None,
}
EDITED = {**FIRST, "my_api_key": "demo-api-key-2"}
ONE_REGION = {**FIRST, "my_api_key": "demo-api-key-3"}
LARGE = {
    **{f"k{n:04}": "x" for n in range(3500)},
    "my_first_secret": FIRST["my_first_secret"],
    "my_api_key": FIRST["my_api_key"],
}
NEVER = "demo-never-deployed"

# No output may hold one of these. The second one's start is enough: what follows
# looks different in each encoding.
VALUES = {*(v for v in FIRST.values() if v and v.startswith("demo")), "demo <second>",
          EDITED["my_api_key"], ONE_REGION["my_api_key"], NEVER}


class Lifecycle:
    def __init__(self, user, checks):
        self.user, self.checks = user, checks
        self.secrets = user.aws("secretsmanager")

    # What the account holds.

    def value(self, stage="AWSCURRENT"):
        """The secret's text, or why there is none."""
        try:
            return self.secrets.get_secret_value(SecretId=SECRET, VersionStage=stage)["SecretString"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    def versions(self):
        return self.secrets.describe_secret(SecretId=SECRET)["VersionIdsToStages"]

    def stack(self):
        return self.user.aws("cloudformation").describe_stacks(StackName=SECRET_STACKS[0])["Stacks"][0]

    def holds(self, what, wanted, stage="AWSCURRENT"):
        text = json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))
        got = self.value(stage)
        self.checks.that(what, got == text, difference(got, wanted))

    # What the user does.

    def bootstrap(self):
        result = self.user.cdk("bootstrap", *(f"aws://{ACCOUNT}/{region}" for region in REGIONS))
        self.checks.must("cdk bootstrap: both regions", result.ok, result)

    def deploy_keys(self):
        result = self.user.deploy("--outputs-file", "outputs.json", *KEY_STACKS, validated=True)
        self.checks.must(f"cdk deploy {' '.join(KEY_STACKS)}: beside a file that cannot be deployed", result.ok, result)
        outputs = json.loads(self.user.read("outputs.json"))
        self.arns = [outputs[stack]["SopsKmsArn"] for stack in KEY_STACKS]
        self.keys = {}
        for region, pair in zip(REGIONS, self.arns):
            key, _, role = pair.partition("+")
            self.keys[region] = key
            aliases = self.user.aws("kms", region).list_aliases()["Aliases"]
            named = [a["TargetKeyId"] for a in aliases if a["AliasName"] == "alias/sops-dev-key-" + region[:2]]
            self.checks.must(f"the output in {region} is the key that has the alias, and the role",
                             key == f"arn:aws:kms:{region}:{ACCOUNT}:key/{''.join(named)}"
                             and role == f"arn:aws:iam::{ACCOUNT}:role/sops-dev-role", (pair, named))

    def encrypt(self):
        """Makes the project's file as the README says: the sample goes first."""
        os.remove(self.user.path("sops", FILE))
        os.remove(self.user.path("sops", "demonstration.agekey"))
        rules = self.user.read("sops", ".sops.yaml").replace("ACCOUNT_ID", ACCOUNT)
        self.user.write(rules, "sops", ".sops.yaml")
        self.sops_encrypt("SOPS_KMS_ARN is the two outputs", CLEAR, self.arns)
        self.first = self.user.read("sops", FILE)
        entries = [f"{entry['arn']}+{entry['role']}" for entry in json.loads(self.first)["sops"]["kms"]]
        self.checks.that("the file has both keys, with the role", entries == self.arns, entries)

    def sops_encrypt(self, how, clear, arns):
        """Makes the file anew, from clear text that does not stay."""
        self.user.write(clear, "clear.json")
        result = self.user.sops("encrypt", "--filename-override", FILE, "--output", FILE, "../clear.json",
                                SOPS_KMS_ARN=",".join(arns))
        os.remove(self.user.path("clear.json"))
        self.checks.must(f"sops encrypt: {how}", result.ok, result)

    def deploy_secret(self):
        result = self.user.deploy(*SECRET_STACKS, validated=True)
        self.checks.must(f"cdk deploy {' '.join(SECRET_STACKS)}", result.ok, result)
        self.holds("the secret is the file's flat JSON", FIRST)
        self.checks.that("it was written once", len(self.versions()) == 1, self.versions())

    def pipeline(self):
        """Resolves the build's variables as CodeBuild does: SECRET_ARN:KEY."""
        builds = self.user.aws("codebuild")
        project = builds.batch_get_projects(names=builds.list_projects()["projects"])["projects"][0]
        arn = self.secrets.describe_secret(SecretId=SECRET)["ARN"]
        got, values = {}, {}
        for variable in project["environment"]["environmentVariables"]:
            got[variable["name"]] = variable["type"], variable["value"]
            secret, _, key = variable["value"].rpartition(":")
            values[variable["name"]] = secret == arn and json.loads(self.value()).get(key)
        self.checks.that("the build's variables name the secret's ARN and its keys",
                         values == {"MY_API_KEY": FIRST["my_api_key"], "MY_FIRST_SECRET": FIRST["my_first_secret"]}
                         and {kind for kind, _ in got.values()} == {"SECRETS_MANAGER"}, got)

    def edit(self):
        result = self.user.sops("set", FILE, '["my_api_key"]', json.dumps(EDITED["my_api_key"]))
        self.checks.must("sops set: one value", result.ok, result)
        result = self.user.deploy(*SECRET_STACKS)
        self.checks.must("cdk deploy: the edited file", result.ok, result)
        self.holds("the secret is the edited file's", EDITED)
        self.holds("AWSPREVIOUS is the first file's", FIRST, "AWSPREVIOUS")

    def rotate(self):
        before = self.versions()
        result = self.user.sops("updatekeys", "--yes", FILE)
        self.checks.must("sops updatekeys: to the aliases of .sops.yaml", result.ok, result)
        result = self.user.sops("rotate", "--in-place", FILE)
        self.checks.must("sops rotate", result.ok, result)
        entries = [entry["arn"] for entry in json.loads(self.user.read("sops", FILE))["sops"]["kms"]]
        self.checks.that("the file names its keys by alias", all(":alias/sops-dev-key-" in e for e in entries), entries)
        result = self.user.deploy(SECRET_STACKS[0])
        synced = "UPDATE_COMPLETE | Custom::SopsSync" in " ".join(result.output.split())
        self.checks.must("cdk deploy: the rotated file", result.ok and synced, result)
        self.checks.that("no new version", self.versions() == before, self.versions())

    def revert(self):
        before = self.versions()
        self.user.write(self.first, "sops", FILE)
        result = self.user.deploy(SECRET_STACKS[0])
        self.checks.must("cdk deploy: the first file again", result.ok, result)
        self.holds("the first file's values are current", FIRST)
        self.holds("AWSPREVIOUS is the edited file's", EDITED, "AWSPREVIOUS")
        self.checks.that("it is a version of its own", len(set(self.versions()) - set(before)) == 1, self.versions())

    def large(self):
        """A file that takes more than the 200,000 bytes that travel in a template."""
        good = self.user.read("sops", FILE)
        self.sops_encrypt(f"{len(LARGE)} values", json.dumps(LARGE), self.arns)
        result = self.user.deploy(SECRET_STACKS[0])
        self.checks.must("cdk deploy: the large file", result.ok, result)
        template = json.loads(self.user.read("cdk.out", SECRET_STACKS[0] + ".template.json"))
        sync = next(r["Properties"] for r in template["Resources"].values() if r["Type"] == "Custom::SopsSync")
        self.checks.that("it travels as an asset", "Key" in sync["File"] and "Content" not in sync["File"], sorted(sync["File"]))
        self.holds("the secret is the large file's", LARGE)
        self.user.write(good, "sops", FILE)

    def one_region(self):
        kms = self.user.aws("kms", "eu-west-1")
        result = self.user.sops("set", FILE, '["my_api_key"]', json.dumps(ONE_REGION["my_api_key"]))
        self.checks.must("sops set: another value", result.ok, result)
        kms.disable_key(KeyId=self.keys["eu-west-1"])
        result = self.user.deploy(SECRET_STACKS[0])
        self.checks.that("cdk deploy: the key in eu-west-1 is disabled", result.ok, result)
        self.holds("the secret was filled through the key in us-east-1", ONE_REGION)
        kms.enable_key(KeyId=self.keys["eu-west-1"])

    def differences(self):
        result = self.user.cdk("diff", "--fail")
        none = "Number of stacks with differences: 0" in result.output
        self.checks.that("cdk diff: no differences", result.ok and none, result)

    def failure(self):
        """A file that sops could encrypt and the function cannot decrypt."""
        good, before = self.user.read("sops", FILE), self.versions()
        kms = self.user.aws("kms", "eu-west-1")
        self.lost = kms.create_key(Description="lost")["KeyMetadata"]["Arn"]
        clear = json.dumps({"my_api_key": NEVER, "my_first_secret": NEVER})
        self.sops_encrypt("with a key that is then disabled", clear, [self.lost])
        kms.disable_key(KeyId=self.lost)

        result = self.user.deploy(SECRET_STACKS[0])
        says = all(text in result.output for text in (self.lost, "the key is disabled", "sops:decrypt=skip"))
        self.checks.that("synth fails, and says that the key is disabled", not result.ok and says, result)
        result = self.user.deploy(SECRET_STACKS[0], "-c", "sops:decrypt=skip")
        failed = [line for line in result.output.splitlines() if "UPDATE_FAILED" in line and "Custom::SopsSync" in line]
        says = any(self.lost in line and "the key is disabled" in line for line in failed)
        self.checks.that("with sops:decrypt=skip the deploy fails, and the function says why",
                         not result.ok and says, failed or result)
        status = self.stack()["StackStatus"]
        self.checks.that("the stack is rolled back", status == "UPDATE_ROLLBACK_COMPLETE", status)
        self.holds("the previous value stays current", ONE_REGION)
        # The rollback cannot open the file that it follows, and writes the content once more.
        made = set(self.versions()) - set(before)
        self.checks.that("the rollback made one version, of the same content", len(made) == 1, self.versions())

        self.user.write(good, "sops", FILE)
        result = self.user.deploy(*SECRET_STACKS)
        self.checks.that("cdk deploy: the good file again", result.ok, result)
        self.holds("its value is current", ONE_REGION)

    def silence(self, logs):
        """No value is where it could be read without the right to the secret."""
        places = {"what cdk printed": "\n".join(self.user.said).encode(), "the emulator's log": logs.encode()}
        for folder, _, names in os.walk(self.user.path("cdk.out")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    places[f"cdk.out/{name}"] = file.read()
        found = [place for place, content in places.items() for value in VALUES if value.encode() in content]
        self.checks.that("no value in cdk's output, cdk.out and the emulator's log",
                         len(places) > 10 and not found, found or list(places))

    def destroy(self):
        stack = self.stack()["StackId"]
        result = self.user.cdk("destroy", "--all", "--force")
        self.checks.that("cdk destroy", result.ok, result)
        events = self.user.aws("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        seen = {(e["ResourceType"], e["ResourceStatus"]) for e in events}
        answered = ("Custom::SopsSync", "DELETE_COMPLETE") in seen
        failed = [kind for kind, status in seen if status == "DELETE_FAILED"]
        self.checks.that("the function answered its Delete", answered, sorted(seen))
        self.checks.that("nothing failed to delete", not failed, failed)
        stacks, keys = {}, {}
        for region, key in self.keys.items():
            for stack in self.user.aws("cloudformation", region).list_stacks()["StackSummaries"]:
                if stack["StackName"].startswith("Sops") and stack["StackStatus"] != "DELETE_COMPLETE":
                    stacks[stack["StackName"]] = stack["StackStatus"]
            keys[region] = self.user.aws("kms", region).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        left = {
            "stacks": stacks,
            "secrets": [s["Name"] for s in self.secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]],
            "functions": [f["FunctionName"] for f in self.user.aws("lambda").list_functions()["Functions"]],
            "builds": self.user.aws("codebuild").list_projects()["projects"],
            "roles": [r["RoleName"] for r in self.user.roles()],
            "logs": [g["logGroupName"] for g in self.user.aws("logs").describe_log_groups()["logGroups"]],
        }
        for what, names in left.items():
            self.checks.that(f"no {what} are left", not names, names)
        self.checks.that("both keys are pending deletion", set(keys.values()) == {"PendingDeletion"}, keys)


def difference(text, wanted):
    """Says in names alone how a secret's text differs from what was wanted."""
    try:
        got = json.loads(text)
    except ValueError:
        return text if text.endswith("Exception") else f"{len(text)} characters that are not JSON"
    names = sorted(name for name in {*got, *wanted} if got.get(name, wanted) != wanted.get(name, got))
    return f"differing: {names}" if names else "the same values in another order or spelling"
