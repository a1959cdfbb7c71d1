"""Every form that a secret takes, deployed by e2e/app: parameters, one file for three targets, raw text, binary, one value."""

from botocore.exceptions import ClientError

STACK, FOLDER, OUT = "FormsStack", ("e2e", "app"), "cdk.forms.out"
APP = ("--app", "go run ./e2e/app", "--output", OUT)

CERTIFICATE = "demo-certificate\n\tdemo: <second> & \"line\" ü\n"
SETTINGS = f"""\
parameters:
    kept: demo-kept
    changed: demo-changed-1
    removed: demo-removed
    hosts: [demo-host-a, demo-host-b]
secret:
    user: demo-forms-user
certificate: |
{"".join("    " + line for line in CERTIFICATE.splitlines(keepends=True))}"""
DOCUMENTS = """\
# demo-comment
first: demo-first-document
empty: ""
---
second:
    - demo-second-document
    - 1.50
"""
KEYSTORE = bytes(range(256)) + b"demo-keystore\x00\r\n"
BY_HAND = "demo-by-hand"

# No output may hold one of these.
VALUES = {"demo-certificate", "demo-kept", "demo-changed-1", "demo-changed-2", "demo-added", "demo-removed", "demo-host-a",
          "demo-host-b", "demo-forms-user", "demo-comment", "demo-first-document", "demo-second-document", "demo-keystore", BY_HAND}

FIRST = {
    "/forms/app/kept": ("demo-kept", 1),
    "/forms/app/changed": ("demo-changed-1", 1),
    "/forms/app/removed": ("demo-removed", 1),
    "/forms/app/hosts/0": ("demo-host-a", 1),
    "/forms/app/hosts/1": ("demo-host-b", 1),
    "forms-certificate": (CERTIFICATE, 1),
}


class Forms:
    def __init__(self, user, checks):
        self.user, self.checks = user, checks
        self.parameters, self.secrets = user.aws("ssm"), user.aws("secretsmanager")

    def all(self):
        self.encrypt()
        self.deploy()
        self.refused()
        self.change()
        self.destroy()

    def stored(self):
        """Every parameter of ours, with its value and version; one of another type than SecureString has no value."""
        names = [p["Name"] for page in self.parameters.get_paginator("describe_parameters").paginate() for p in page["Parameters"]]
        found = {}
        for name in filter(lambda name: "forms" in name, names):
            p = self.parameters.get_parameter(Name=name, WithDecryption=True)["Parameter"]
            found[name] = p["Value"] if p["Type"] == "SecureString" else None, p["Version"]
        return found

    def holds(self, what, wanted):
        got = self.stored()
        wrong = sorted(name for name in {*got, *wanted} if got.get(name) != wanted.get(name))
        self.checks.that(what, not wrong, wrong)

    def secret(self, name):
        """What GetSecretValue returns: text or bytes, or the code of its error."""
        try:
            got = self.secrets.get_secret_value(SecretId="forms/" + name)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return got["SecretString"] if "SecretString" in got else got["SecretBinary"]

    def cdk(self, command, *args):
        return self.user.cdk(command, *APP, *args, STACK)

    # What the user does.

    def encrypt(self):
        key = self.user.aws("kms").create_key(Description="forms")["KeyMetadata"]["Arn"]
        for name, clear in (("settings.sops.yaml", SETTINGS.encode()), ("documents.sops.yaml", DOCUMENTS.encode()), ("keystore.p12", KEYSTORE)):
            with open(self.user.path(*FOLDER, name), "wb") as file:
                file.write(clear)
            result = self.sops("encrypt", "--kms", key, "--in-place", name)
            self.checks.must(f"sops encrypt {name}", result.ok, result)

    def sops(self, *args):
        return self.user.sops(*args, folder=FOLDER)

    def set(self, name, value):
        result = self.sops("set", "settings.sops.yaml", f'["parameters"]["{name}"]', f'"{value}"')
        self.checks.must(f"sops set {name}", result.ok, result)

    def deploy(self):
        self.parameters.put_parameter(Name="/forms/another", Value=BY_HAND, Type="SecureString")
        self.another = {"/forms/another": (BY_HAND, 1)}
        result = self.cdk("deploy")
        self.checks.must("cdk deploy: every form that a secret takes", result.ok, result)
        self.holds("each value of the part is a parameter, and one value is one of its own", {**FIRST, **self.another})
        result = self.user.follow("parameter-owner", {"NAME": "/forms/app/kept"})
        words = result.output.split()
        self.checks.that("parameters: a parameter has the tags of its team and of its stack",
                         result.ok and words[words.index("team") + 1] == "e2e" and f":stack/{STACK}/" in words[words.index("sops:stack") + 1], result)
        self.checks.that("the same file fills a secret from another part", self.secret("part") == '{"user":"demo-forms-user"}')
        self.checks.that("the secret of one value is its text, to the byte", self.secret("value") == CERTIFICATE)
        self.checks.that("the binary secret is the keystore, to the byte", self.secret("binary") == KEYSTORE)
        result = self.user.shell(f"(cd {'/'.join(FOLDER)} && sops decrypt documents.sops.yaml >../../.git/decrypted)")
        self.checks.that("the raw secret is what sops decrypt prints, with both documents, to the byte",
                         result.ok and self.secret("raw") == self.user.read(".git", "decrypted") and "\n---\n" in self.secret("raw"), result)

    def refused(self):
        """The changed file asks for a parameter that somebody made by hand."""
        self.set("added", "demo-added")
        result = self.sops("unset", "settings.sops.yaml", '["parameters"]["removed"]')
        self.checks.must("sops unset removed", result.ok, result)
        self.parameters.put_parameter(Name="/forms/app/added", Value=BY_HAND, Type="SecureString")
        result = self.cdk("deploy")
        says = all(text in result.output for text in ("/forms/app/added", "no stack says that it owns it", "Adopt"))
        self.checks.that("cdk deploy: a parameter of somebody else is refused, and the reason names it", not result.ok and says, result)
        status = self.user.aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        self.checks.that("the stack is rolled back, though", status == "UPDATE_ROLLBACK_COMPLETE", status)
        self.holds("no parameter was changed or removed, and the rollback made no version",
                   {**FIRST, **self.another, "/forms/app/added": (BY_HAND, 1)})

    def change(self):
        self.parameters.delete_parameter(Name="/forms/app/added")
        self.set("changed", "demo-changed-2")
        result = self.cdk("deploy")
        self.checks.that("cdk deploy: one parameter changed, one added, one removed", result.ok, result)
        wanted = {**FIRST, **self.another, "/forms/app/changed": ("demo-changed-2", 2), "/forms/app/added": ("demo-added", 1)}
        del wanted["/forms/app/removed"]
        self.holds("they are what the file says, and the others have no new version", wanted)

    def destroy(self):
        found = [name for name, content in self.user.files(OUT) for value in VALUES if value.encode() in content]
        self.checks.that(f"no value is in {OUT}", not found, found)
        result = self.user.cdk("destroy", "--app", OUT, "--force", STACK)
        self.checks.that("cdk destroy", result.ok, result)
        self.holds("its parameters are gone, and another one is as it was", self.another)
        left = [s["Name"] for s in self.secrets.list_secrets()["SecretList"] if s["Name"].startswith("forms/")]
        self.checks.that("no secret of it is left", not left, left)
