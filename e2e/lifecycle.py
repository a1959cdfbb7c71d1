"""From an empty account to a secret that follows its file, and back."""

import json
import os
import re

import documents
import forms
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
PROD = "demo-prod-key"

# A file of each format that sops has, by its ending.
FORMATS = {
    ".json": '{\n\t"name": "demo-json"\n}\n',
    ".yaml": "name: demo-yaml\n",
    ".env": "NAME=demo-env\n",
    ".ini": "[section]\nname = demo-ini\n",
    ".p12": "demo-binary\n",
}
MADE_AT = "stacks/secrets_manager_stack.go"
ALIASES = ("alias/sops-dev-key-eu", "alias/sops-dev-key-us")

# No output may hold one of these. The second one's start is enough: what follows
# looks different in each encoding.
VALUES = {*(v for v in FIRST.values() if v and v.startswith("demo")), "demo <second>",
          EDITED["my_api_key"], ONE_REGION["my_api_key"], NEVER, PROD}


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
        result = self.user.follow("bootstrap")
        self.checks.must("README: bootstrap both regions", result.ok, result)

    def deploy_keys(self):
        result = self.user.follow("keys", validated=True)
        self.checks.must("README: deploy the keys and the role, beside a file that cannot be deployed", result.ok, result)
        self.keys = {}
        for region, stack in zip(REGIONS, KEY_STACKS):
            described = self.user.aws("cloudformation", region).describe_stacks(StackName=stack)["Stacks"][0]
            outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
            self.checks.must(f"sops/.sops.yaml has the output of {stack}", outputs == {"SopsMasterKey": entry(region)}
                             and f"- {entry(region)}\n" in self.user.read("sops", ".sops.yaml"), outputs)
            aliases = self.user.aws("kms", region).list_aliases()["Aliases"]
            named = [a["TargetKeyId"] for a in aliases if a["AliasName"] == "alias/sops-dev-key-" + region[:2]]
            self.checks.must(f"the alias in {region} names a key", len(named) == 1, aliases)
            self.keys[region] = named[0]

    def encrypt(self):
        """Makes the project's file as the README says: the sample goes first."""
        result = self.user.follow("file", text=CLEAR)
        self.checks.must("README: delete the sample, and create a file", result.ok, result)
        self.first = self.user.read("sops", FILE)
        self.has_entries("the file has both keys, by alias and with the role", [entry(region) for region in REGIONS])
        self.checks.must("git commit", self.user.commit().ok)

    def entries(self, *names):
        """The KMS entries of a JSON file, as sops takes them on the command line."""
        kms = json.loads(self.user.read("sops", *(names or [FILE])))["sops"]["kms"]
        return ["+".join([e["arn"], *([e["role"]] if e.get("role") else [])])
                + "".join(f"|{name}:{value}" for name, value in (e.get("context") or {}).items()) for e in kms]

    def has_entries(self, what, wanted):
        self.checks.that(what, self.entries() == wanted, self.entries())

    def formats(self, stage):
        """sops edit makes a file of each format for the stage, with the keys of its rule and no others."""
        folder = "" if stage == "dev" else stage + "/"
        for ending, clear in FORMATS.items():
            name = f"{folder}{stage}-values.sops{ending}"
            result = self.user.shell(f"(cd sops && sops edit {name} && sops decrypt {name} >../.git/decrypted)",
                                     EDITOR=self.user.editor(clear))
            decrypted, content = (self.user.read(".git", "decrypted"), self.user.read("sops", name)) if result.ok else ("", "")
            keys = set(re.findall(r"arn:aws:[a-z0-9:/_-]+", content))
            wanted = {arn for region in REGIONS for arn in entry(region, stage).split("+")}
            self.checks.that(f"sops edit {name}: with the stage's keys alone",
                             decrypted == clear and keys == wanted and "ENC[" in content, keys or result)
            os.remove(self.user.path("sops", name))

    def sops_encrypt(self, how, clear):
        """Makes the file anew, from clear text that does not stay."""
        self.user.write(clear, "clear.json")
        result = self.user.sops("encrypt", "--filename-override", FILE, "--output", FILE, "../clear.json")
        os.remove(self.user.path("clear.json"))
        self.checks.must(f"sops encrypt: {how}", result.ok, result)

    def deploy_secret(self):
        result = self.user.follow("secret", validated=True)
        self.checks.must("README: deploy the secret and what uses it", result.ok, result)
        self.holds("the secret is the file's flat JSON", FIRST)
        metadata = json.loads(self.user.read("cdk.out", SECRET_STACKS[0] + ".metadata.json"))
        construct = f"/{SECRET_STACKS[0]}/SopsCredentials"
        frames = {path: [entry["data"][0] for entry in metadata.get(path, []) if entry["type"] == "aws:cdk:creationStack"]
                  for path in (construct, construct + "/Resource", construct + "/Sync")}
        self.checks.that("the construct, its secret and its sync have the line that made them",
                         all(len(made) == 1 and f"({MADE_AT}:" in made[0] for made in frames.values()), frames)
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
        edited = CLEAR.replace(FIRST["my_api_key"], EDITED["my_api_key"])
        result = self.user.follow("change", text=edited)
        self.checks.must("operations: change a secret", result.ok, result)
        shown = {" ".join(line.split("]", 1)[1].split()) for line in result.output.splitlines() if "[~]" in line}
        resources = {line for line in shown if "::" in line}
        self.checks.that("cdk diff: names the changed key and no other, beside the file and the tags",
                         len(resources) == 2 and any("Custom::SopsSync" in line for line in resources)
                         and shown - resources == {"Tags", "File", ".Content:", "Names", ".my_api_key:"}
                         and "Added: " not in result.output and "Removed: " not in result.output, result)
        self.holds("the secret is the edited file's", EDITED)
        self.holds("AWSPREVIOUS is the first file's", FIRST, "AWSPREVIOUS")

    def rotate(self):
        before = self.versions()
        result = self.user.sops("updatekeys", "--yes", FILE)
        self.checks.must("sops updatekeys", result.ok, result)
        result = self.user.sops("rotate", "--in-place", FILE)
        self.checks.must("sops rotate", result.ok, result)
        result = self.user.deploy(SECRET_STACKS[0])
        synced = "UPDATE_COMPLETE | Custom::SopsSync" in " ".join(result.output.split())
        self.checks.must("cdk deploy: the rotated file", result.ok and synced, result)
        self.checks.that("no new version", self.versions() == before, self.versions())

    def another_key(self):
        """Adds a key to the stage's rule and the file, and revokes it."""
        both, rules, before = [entry(region) for region in REGIONS], self.user.read("sops", ".sops.yaml"), self.value()
        kms = self.user.aws("kms", "eu-west-1")
        arn = kms.create_key(Description="another")["KeyMetadata"]["Arn"]
        added = f"{arn}+arn:aws:iam::{ACCOUNT}:role/sops-dev-role"
        self.user.write(rules.replace(f"- {both[1]}\n", f"- {both[1]}\n      - {added}\n"), "sops", ".sops.yaml")
        allowed = self.user.read("stacks", "allowed_keys.go")
        none = "moreKeys = map[Stage][]string{}\n"
        self.checks.must("stacks/allowed_keys.go allows no more keys", none in allowed)
        self.user.write(allowed.replace(none, f'moreKeys = map[Stage][]string{{Dev: {{"{arn}"}}}}\n'), "stacks", "allowed_keys.go")
        result = self.user.follow("add-key")
        self.checks.that("operations: add a key", result.ok, result)
        self.has_entries("the file has the key that was added", [*both, added])

        self.user.write(rules, "sops", ".sops.yaml")
        self.user.write(allowed, "stacks", "allowed_keys.go")
        old = json.loads(self.user.read("sops", FILE))["sops"]["kms"]
        result = self.user.follow("revoke-key")
        self.checks.that("operations: revoke a key", result.ok and arn not in result.output.splitlines()[-1], result)
        self.has_entries("the file has the revoked key no more", both)
        new = json.loads(self.user.read("sops", FILE))["sops"]["kms"]
        self.checks.that("the file has a new data key", not {e["enc"] for e in old} & {e["enc"] for e in new})

        # The same by naming the entry, which must be the whole of it.
        for context in [], ["--encryption-context", "purpose:e2e"]:
            there = added + "".join("|" + pair for pair in context[1:])
            result = self.user.sops("rotate", "--in-place", "--add-kms", added, *context, FILE)
            self.checks.that("sops rotate --add-kms " + " ".join(context), result.ok and self.entries() == [*both, there],
                             self.entries())
            result = self.user.follow("remove-entry", {r"KEY_ARN\+ROLE_ARN": arn})
            self.checks.that("operations: an entry without its role removes nothing, and sops exits with 0",
                             result.ok and self.entries() == [*both, there], self.entries())
            if context:
                result = self.user.follow("remove-entry", {r"KEY_ARN\+ROLE_ARN": added})
                self.checks.that("operations: nor does one without its context",
                                 result.ok and self.entries() == [*both, there], self.entries())
            words = " ".join([added, *context])
            result = self.user.follow("remove-entry", {r"KEY_ARN\+ROLE_ARN": words})
            self.checks.that("operations: the entry as the file has it is removed", result.ok, result)
            self.has_entries("the file has it no more", both)
        result = self.user.deploy(SECRET_STACKS[0])
        self.checks.that("cdk deploy: the same values", result.ok and self.value() == before, result)

    def resync(self):
        before = self.value()
        self.secrets.put_secret_value(SecretId=SECRET, SecretString="by hand")
        result = self.user.follow("resync")
        self.checks.that("operations: repair a secret that was changed by hand", result.ok and self.value() == before, result)

    def find_commit(self):
        self.user.commit()
        result = self.user.deploy(SECRET_STACKS[0])
        self.checks.that("cdk deploy: the committed file", result.ok, result)
        result = self.user.follow("find-commit")
        head = self.user.shell("git log -1 --format=%h").output.strip()
        self.checks.that("operations: find the commit of a value", result.ok and result.output.startswith(head), result)

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
        self.sops_encrypt(f"{len(LARGE)} values", json.dumps(LARGE))
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
        """A file that sops could encrypt and the function cannot decrypt: the aliases named other keys then."""
        good, before = self.user.read("sops", FILE), self.versions()
        self.turn_aliases({region: self.user.aws("kms", region).create_key(Description="lost")["KeyMetadata"]["KeyId"]
                                  for region in REGIONS})
        self.sops_encrypt("while the aliases name other keys", json.dumps({"my_api_key": NEVER, "my_first_secret": NEVER}))
        self.turn_aliases(self.keys)
        reason = "another key wrapped the data key"

        result = self.user.deploy(SECRET_STACKS[0])
        says = all(text in result.output for text in (ALIASES[0], reason, "sops:decrypt=skip", f"made at {MADE_AT}:"))
        self.checks.that("synth fails, and says why", not result.ok and says, result)
        result = self.user.deploy(SECRET_STACKS[0], "-c", "sops:decrypt=skip")
        failed = [line for line in result.output.splitlines() if "UPDATE_FAILED" in line and "Custom::SopsSync" in line]
        says = any(ALIASES[0] in line and reason in line for line in failed)
        self.checks.that("with sops:decrypt=skip the deploy fails, and the function says why",
                         not result.ok and says, failed or result)
        self.checks.that("cdk names the line that made the secret", f"{MADE_AT}:" in result.output, result)
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

    def turn_aliases(self, keys):
        for region, key in keys.items():
            self.user.aws("kms", region).update_alias(AliasName=f"alias/sops-dev-key-{region[:2]}", TargetKeyId=key)

    def stage(self):
        """prod, beside dev: its file, its keys, its secret."""
        result = self.user.follow("stage", text=CLEAR.replace(FIRST["my_api_key"], PROD))
        self.checks.must("operations: another stage", result.ok, result)
        entries = self.entries("prod", FILE)
        self.checks.that("prod's file has prod's keys", entries == [entry(region, "prod") for region in REGIONS], entries)
        self.checks.that("prod's secret is prod's file", self.prod() == PROD, "another value")

    def prod(self):
        return json.loads(self.secrets.get_secret_value(SecretId=SECRET + "_prod")["SecretString"])["my_api_key"]

    def silence(self, logs):
        """No value is where it could be read without the right to the secret."""
        places = {"what cdk printed": "\n".join(self.user.said).encode(), "the emulator's log": logs.encode()}
        places |= {f"cdk.out/{name}": content for name, content in self.user.files("cdk.out")}
        found = [place for place, content in places.items() for value in VALUES | forms.VALUES if value.encode() in content]
        self.checks.that("no value in cdk's output, cdk.out and the emulator's log",
                         len(places) > 10 and not found, found or list(places))

    def destroy(self):
        stack = self.stack()["StackId"]
        result = self.user.follow("destroy", CDK_FORCE="true")
        self.checks.that("operations: destroy", result.ok, result)
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
            "stacks": list(stacks),
            "secrets": [s["Name"] for s in self.secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]],
            "functions": [f["FunctionName"] for f in self.user.aws("lambda").list_functions()["Functions"]],
            "builds": self.user.aws("codebuild").list_projects()["projects"],
            "roles": [r["RoleName"] for r in self.user.roles()],
            "logs": [g["logGroupName"] for g in self.user.aws("logs").describe_log_groups()["logGroups"]],
        }
        for what, names in left.items():
            others = [name for name in names if "prod" not in name.lower()]
            self.checks.that(f"no {what} of dev are left", not others, others)
        self.checks.that("both keys are pending deletion", set(keys.values()) == {"PendingDeletion"}, keys)
        self.checks.that("prod is as it was", self.prod() == PROD and len(left["stacks"]) == 4, left)

    def followed(self):
        """Every block for an account in README and docs was run."""
        wanted = {block.name for block in documents.blocks() if block.account and not block.reason}
        self.checks.that(f"README and docs: {len(wanted)} blocks for an account were run", wanted == self.user.followed,
                         sorted(wanted ^ self.user.followed))


def entry(region, stage="dev"):
    """A master key of the stage, as .sops.yaml and a file have it."""
    return (f"arn:aws:kms:{region}:{ACCOUNT}:alias/sops-{stage}-key-{region[:2]}"
            f"+arn:aws:iam::{ACCOUNT}:role/sops-{stage}-role")


def difference(text, wanted):
    """Says in names alone how a secret's text differs from what was wanted."""
    try:
        got = json.loads(text)
    except ValueError:
        return text if text.endswith("Exception") else f"{len(text)} characters that are not JSON"
    names = sorted(name for name in {*got, *wanted} if got.get(name, wanted) != wanted.get(name, got))
    return f"differing: {names}" if names else "the same values in another order or spelling"
