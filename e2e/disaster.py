"""What docs/disaster.md says, done: keys, stacks and the secret are lost, and had back."""

import documents

from lifecycle import FILE, ONE_REGION, REGIONS, SECRET, SECRET_STACKS, entry

NONE = "moreKeys = map[Stage][]string{}\n"


class Disaster:
    """Goes on where the way of the secret ends, with both keys and the secret ONE_REGION."""

    def __init__(self, user, checks, way):
        self.user, self.checks, self.way = user, checks, way
        self.rules = user.read("sops", ".sops.yaml")
        self.allowed = user.read("stacks", "allowed_keys.go")

    def break_glass(self):
        """A post-quantum age identity, beside the KMS keys."""
        result = self.user.follow("break-glass")
        recipient = result.output.partition("Public key: ")[2].split("\n")[0]
        self.checks.must("disaster: make an identity", result.ok and recipient.startswith("age1pq1"), result)
        last = f"      - {entry(REGIONS[1])}\n"
        self.user.write(self.rules.replace(last, f"{last}    age:\n      - {recipient}\n"), "sops", ".sops.yaml")
        self.user.write(self.allowed.replace(NONE, f'moreKeys = map[Stage][]string{{Dev: {{"{recipient}"}}}}\n'),
                        "stacks", "allowed_keys.go")
        result = self.user.follow("drill")
        self.checks.must("disaster: the identity opens the file", result.ok and "it opens" in result.output, result)
        result = self.user.deploy(SECRET_STACKS[0])
        self.checks.that("cdk deploy: a file with KMS keys and a post-quantum age recipient", result.ok, result)

    def lose(self, *regions):
        """Schedules the deletion of the keys that the aliases name."""
        for region in regions:
            self.user.aws("kms", region).schedule_key_deletion(KeyId=self.way.keys[region], PendingWindowInDays=7)

    def made_anew(self, *regions):
        """The aliases of the regions name other keys than before."""
        for region in regions:
            key = self.key(region)
            self.checks.must(f"the alias in {region} names a new key", key != self.way.keys[region], key)
            self.way.keys[region] = key

    def key(self, region):
        return self.user.aws("kms", region).describe_key(KeyId="alias/sops-dev-key-" + region[:2])["KeyMetadata"]["KeyId"]

    def opens_with_each_key(self):
        for region in REGIONS:
            kms = self.user.aws("kms", region)
            kms.disable_key(KeyId=self.key(region))
            result = self.user.sops("decrypt", FILE, SOPS_AGE_KEY_FILE="none")
            self.checks.that(f"the file opens without the new key in {region}", result.ok, result)
            kms.enable_key(KeyId=self.key(region))

    def lost_key(self):
        self.lose("us-east-1")
        result = self.user.follow("key-anew", CDK_FORCE="true")
        self.checks.must("disaster: a key is gone", result.ok, result)
        self.made_anew("us-east-1")
        self.opens_with_each_key()
        self.way.holds("the secret holds what it held", ONE_REGION)

    def lost_keys(self):
        """Both keys are gone, so that the file opens with the identity alone."""
        self.lose(*REGIONS)
        result = self.user.follow("keys-anew", CDK_FORCE="true")
        self.checks.must("disaster: both keys are gone: make them anew", result.ok, result)
        self.made_anew(*REGIONS)
        self.checks.that("the file does not open", not self.user.sops("decrypt", FILE).ok)
        result = self.user.follow("with-identity")
        self.checks.must("disaster: encrypt the file anew, with the identity", result.ok, result)
        self.opens_with_each_key()
        before = self.way.versions()
        result = self.user.follow("same-values")
        self.checks.that("cdk deploy: the new file", result.ok, result)
        self.way.holds("the secret holds what it held", ONE_REGION)
        # The function cannot open the file that the new one follows, and writes the content once more.
        made = set(self.way.versions()) - set(before)
        self.checks.that("it has one version more, of the same content", len(made) == 1, self.way.versions())

    def lost_file(self):
        """The values are in the secret alone."""
        self.user.write(self.rules, "sops", ".sops.yaml")
        self.user.write(self.allowed, "stacks", "allowed_keys.go")
        result = self.user.follow("from-secret")
        self.checks.must("disaster: make a file of the secret", result.ok, result)
        self.opens_with_each_key()
        before = self.way.versions()
        result = self.user.deploy(SECRET_STACKS[0])
        self.checks.that("cdk deploy: the file of the secret", result.ok, result)
        self.way.holds("the secret holds what it held", ONE_REGION)
        self.checks.that("it has no new version", self.way.versions() == before, self.way.versions())

    def deleted_secret(self):
        secrets = self.way.secrets
        secrets.delete_secret(SecretId=SECRET, RecoveryWindowInDays=7)
        self.checks.that("a deleted secret has no value", self.way.value() == "InvalidRequestException", "another answer")
        result = self.user.follow("restore-secret")
        self.checks.that("disaster: restore the secret", result.ok, result)
        self.way.holds("it holds what it held", ONE_REGION)

    def come_back(self):
        """All stacks are destroyed, and the file is what is left."""
        result = self.user.follow("find-key")
        lines = [line.split("\t") for line in result.output.splitlines()]
        found = [line[0] for line in lines if line[1::2] == ["PendingDeletion", "SOPS KMS Key US-East-1"]]
        old_key = self.way.keys["us-east-1"]
        self.checks.must("disaster: find the old key", old_key in found, result)
        old = {"OLD_KEY": old_key}
        kms = self.user.aws("kms", "us-east-1")

        def state():
            return kms.describe_key(KeyId=old_key)["KeyMetadata"]["KeyState"]

        result = self.user.shell(documents.named("bring-back").lines[0].replace("OLD_KEY", old_key))
        self.checks.that("cancel-key-deletion alone leaves the key disabled", result.ok and state() == "Disabled", state())
        result = self.user.follow("bring-back", old)
        self.checks.that("disaster: the old key is enabled again", result.ok and state() == "Enabled", state())
        result = self.user.follow("old-alias", old)
        self.checks.must("disaster: keys, role and aliases are made anew", result.ok, result)
        before = self.user.read("sops", FILE)
        result = self.user.follow("new-keys")
        self.checks.must("disaster: the file is encrypted to the new keys", result.ok and before != self.user.read("sops", FILE), result)
        # The old key goes, so that only the new ones can open the file.
        kms.schedule_key_deletion(KeyId=old_key, PendingWindowInDays=7)
        result = self.user.follow("refill")
        self.checks.must("disaster: the secret is filled again", result.ok, result)
        self.way.holds("it holds what it held", ONE_REGION)
        self.opens_with_each_key()
