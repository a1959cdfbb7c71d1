"""What the emulator lets pass and moto, another one, does not: the rules of request
tokens in Secrets Manager, and the grammar of IAM policies."""

import base64
import glob
import gzip
import json
import logging
import os
import uuid
import zipfile

from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from lifecycle import CLEAR, EDITED, FILE, FIRST, REGIONS, SECRET, SECRET_STACKS, VALUES
from runtime import Runtime
from user import ACCOUNT, client


class SecondOpinion:
    def __init__(self, user, checks, temp):
        self.user, self.checks, self.temp = user, checks, temp
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        self.endpoint = "http://%s:%d" % server.get_host_and_port()

    def aws(self, service, region="eu-west-1"):
        return client(service, self.endpoint, region)

    def policies(self):
        """Hands every policy of the deployed roles to moto's IAM, which reads it."""
        deployed, strict = self.user.aws("iam"), self.aws("iam")
        refused, read = {}, 0
        for role in self.user.roles():
            name = role["RoleName"]
            try:
                strict.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]))
                for policy in deployed.list_role_policies(RoleName=name)["PolicyNames"]:
                    document = deployed.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                    strict.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
                    read += 1
            except ClientError as error:
                refused[name] = error.response["Error"]
        self.checks.that(f"moto's IAM takes {read} policies of the deployed roles",
                         read >= 3 and not refused, refused or read)

    def function(self, commands):
        """Runs the deployed function's own binary with moto as its AWS."""
        runtime, log = Runtime(), os.path.join(self.temp, "function.log")
        with open(log, "wb") as output:
            commands.start([self.binary()], env={**self.user.env, **runtime.env, "AWS_ENDPOINT_URL": self.endpoint},
                           stdout=output, stderr=output)
        secrets = self.aws("secretsmanager")
        arn = secrets.create_secret(Name=SECRET)["ARN"]

        def event(kind, file, **more):
            properties = {name: value for name, value in self.resource().items() if name in ("Protocol", "File", "Output")}
            content = base64.b64encode(gzip.compress(file.encode())).decode()
            properties.update(Target={"SecretArn": arn}, File={**properties["File"], "Content": content})
            stack = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/{SECRET_STACKS[0]}/1"
            return runtime.request(RequestType=kind, RequestId=str(uuid.uuid4()), ResourceType="Custom::SopsSync",
                                   StackId=stack, LogicalResourceId="Sync", ResourceProperties=properties, **more)

        def holds(what, wanted, answer):
            current = secrets.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
            told = answer.get("Data", {}).get("VersionId") == current["VersionId"]
            held = json.loads(current["SecretString"]) == wanted
            self.checks.that(what, answer.get("Status") == "SUCCESS" and told and held,
                             answer.get("Reason", answer.get("Status")))

        def versions():
            listed = secrets.list_secret_version_ids(SecretId=arn)["Versions"]
            return {version["VersionId"]: version.get("VersionStages") for version in listed}

        first, edited = self.files()
        create = event("Create", first)
        answer = runtime.invoke(create)
        holds("moto: the function fills a secret that has no version", FIRST, answer)
        before = versions()
        holds("moto: the same request again answers the same", FIRST, runtime.invoke(create))
        self.checks.that("moto: and writes nothing", versions() == before and len(before) == 1, versions())
        update = {"PhysicalResourceId": answer.get("PhysicalResourceId"),
                  "OldResourceProperties": create["ResourceProperties"]}
        holds("moto: another file is another version", EDITED, runtime.invoke(event("Update", edited, **update)))
        late = runtime.invoke(create)
        current = json.loads(secrets.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"])
        self.checks.that("moto: the first request, come late, is refused",
                         late.get("Status") == "FAILED" and current == EDITED, late)
        holds("moto: the first file is current again", FIRST, runtime.invoke(event("Update", first, **update)))
        with open(log, encoding="utf-8") as file:
            lines = file.read().splitlines()
        silent = not any(value in line for value in VALUES for line in lines)
        self.checks.that("moto: the function logs JSON, and no value",
                         lines and all(json.loads(line) for line in lines) and silent, lines[-3:])

    def files(self):
        """The first file and the edited one, encrypted with keys that moto has."""
        arns = [self.aws("kms", region).create_key()["KeyMetadata"]["Arn"] for region in REGIONS]
        keys = ",".join(f"{arn}+arn:aws:iam::{ACCOUNT}:role/sops-dev-role" for arn in arns)
        encrypted = []
        edited = CLEAR.replace(FIRST["my_api_key"], EDITED["my_api_key"])
        for name, clear in {"the first file": CLEAR, "the edited file": edited}.items():
            self.user.write(clear, "clear.json")
            result = self.user.sops("encrypt", "--filename-override", FILE, "--output", "../moto.json", "../clear.json",
                                    SOPS_KMS_ARN=keys, AWS_ENDPOINT_URL=self.endpoint)
            os.remove(self.user.path("clear.json"))
            self.checks.must(f"moto: sops encrypt, {name}", result.ok, result)
            encrypted.append(self.user.read("moto.json"))
        return encrypted

    def resource(self):
        """The custom resource's properties, as they were synthesized."""
        template = json.loads(self.user.read("cdk.out", SECRET_STACKS[0] + ".template.json"))
        return next(r["Properties"] for r in template["Resources"].values() if r["Type"] == "Custom::SopsSync")

    def binary(self):
        """The function that was deployed, from its asset."""
        for asset in glob.glob(self.user.path("cdk.out", "asset.*.zip")):
            with zipfile.ZipFile(asset) as package:
                path = package.extract("bootstrap", self.temp)
            os.chmod(path, 0o755)
            return path
        raise RuntimeError("cdk.out has no function")
