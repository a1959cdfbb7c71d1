"""Runs MiniStack, the emulator of AWS, until its standard input closes.

MiniStack does for real what matters here: it creates, updates and deletes stacks,
runs the sync function's own binary for each event, and keeps keys and secrets. In
a few places it is not AWS; each function below bridges one of them, and goes when
MiniStack has caught up.
"""

import base64
import copy
import json
import logging
import os
import sys
import threading
import time

import ministack.app
from ministack.core.responses import error_response_json
from ministack.services import iam, kms, secretsmanager
from ministack.services.cloudformation import _stacks, changesets, custom_resource, handlers, provisioners, stacks

log = logging.getLogger("e2e")


def give_secrets_their_arn():
    """Ref of a secret is its ARN, not its name; a secret without SecretString has no
    version, not one that is empty; and an update keeps the secret and its versions,
    where MiniStack makes a new one."""
    kind = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create_as_is = kind["create"]

    def create(logical_id, props, stack_name):
        name, attributes = create_as_is(logical_id, props, stack_name)
        if "SecretString" not in props and "GenerateSecretString" not in props:
            secretsmanager._secrets[name]["Versions"].clear()
        return attributes["Arn"], attributes

    def named(arn):
        return next((name for name, secret in secretsmanager._secrets.items() if secret["ARN"] == arn), None)

    def update(arn, old, new, stack_name):
        if old.get("Name") != new.get("Name"):
            raise ValueError("the emulator does not replace secrets")
        secretsmanager._secrets[named(arn)].update(
            Description=new.get("Description", ""), Tags=new.get("Tags", []), KmsKeyId=new.get("KmsKeyId"))
        return arn, {"Arn": arn}

    def delete(arn, props):
        secretsmanager._secrets.pop(named(arn), None)

    kind.update(create=create, update=update, delete=delete)


def put_policies_inline():
    """An AWS::IAM::Policy is an inline policy of its roles. MiniStack attaches a
    managed one, and then fails to list the role's policies."""

    def create(logical_id, props, stack_name):
        for role in props["Roles"]:
            iam._roles[role]["InlinePolicies"][props["PolicyName"]] = json.dumps(props["PolicyDocument"])
        return props["PolicyName"], {}

    def delete(name, props):
        for role in props["Roles"]:
            iam._roles.get(role, {"InlinePolicies": {}})["InlinePolicies"].pop(name, None)

    provisioners._RESOURCE_HANDLERS["AWS::IAM::Policy"] = {"create": create, "delete": delete}


def spell_builds_as_the_api():
    """CodeBuild's API calls "name" what a template calls "Name". MiniStack keeps the
    template's names, which no client of the API understands."""
    kind = provisioners._RESOURCE_HANDLERS["AWS::CodeBuild::Project"]
    create_as_is = kind["create"]

    def spelled(value):
        if isinstance(value, dict):
            return {name[0].lower() + name[1:]: spelled(inner) for name, inner in value.items()}
        return [spelled(inner) for inner in value] if isinstance(value, list) else value

    def create(logical_id, props, stack_name):
        parts = {name: spelled(props[name]) for name in ("Source", "Artifacts", "Environment") if name in props}
        return create_as_is(logical_id, {**props, **parts}, stack_name)

    kind["create"] = create


def roll_updates_back():
    """When an update fails, CloudFormation updates every resource back to what it
    was, the one that failed included. MiniStack deletes those it had updated, the
    secret among them, and leaves out the one that failed."""
    update_as_is, delete_as_is = stacks._update_resource, stacks._delete_resource
    before = {}  # what each resource of a stack was before the update

    def update(kind, physical_id, old, new, stack_name, logical_id=None, old_attributes=None):
        before[stack_name, logical_id] = copy.deepcopy(old), old_attributes
        try:
            return update_as_is(kind, physical_id, old, new, stack_name, logical_id, old_attributes)
        except Exception:
            if kind.startswith("Custom::"):
                log.info("rolling back %s", logical_id)
                update_as_is(kind, physical_id, new, old, stack_name, logical_id, old_attributes)
            raise

    def delete(kind, physical_id, props, stack_name=None, logical_id=None):
        rolls_back = _stacks[stack_name]["StackStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS"
        if rolls_back and (stack_name, logical_id) in before:
            old, old_attributes = before[stack_name, logical_id]
            log.info("rolling back %s", logical_id)
            return update_as_is(kind, physical_id, props, old, stack_name, logical_id, old_attributes)
        return delete_as_is(kind, physical_id, props, stack_name, logical_id)

    stacks._update_resource, stacks._delete_resource = update, delete


def delete_stacks_by_arn():
    """DeleteStack takes a stack's ARN as well as its name, and cdk destroy gives the
    ARN. MiniStack answers that all is well and deletes nothing."""
    delete_as_is = handlers._ACTION_HANDLERS["DeleteStack"]

    def delete(params):
        given = params["StackName"]
        arn = given[0] if isinstance(given, list) else given
        if arn.startswith("arn:"):
            name = arn.split(":", 5)[5].split("/")[1]
            params = {**params, "StackName": [name] if isinstance(given, list) else name}
        return delete_as_is(params)

    handlers._ACTION_HANDLERS["DeleteStack"] = delete


def delete_missing_change_sets():
    """DeleteChangeSet succeeds as long as the stack exists, and cdk deploy relies on
    it. MiniStack says that there is no such change set."""
    delete_as_is = handlers._ACTION_HANDLERS["DeleteChangeSet"]

    def delete(params):
        answer = delete_as_is(params)
        missing = answer[0] == 404 and handlers._describe_stacks(params)[0] == 200
        return changesets._xml(200, "DeleteChangeSetResponse", "") if missing else answer

    handlers._ACTION_HANDLERS["DeleteChangeSet"] = delete


def date_requests():
    """CloudFormation's ResponseURL is a signed one that says when the request was
    made. The function reads it there, to refuse a request that comes too late."""
    url_as_is = custom_resource._response_url

    def url(token):
        return url_as_is(token) + time.strftime("?X-Amz-Date=%Y%m%dT%H%M%SZ", time.gmtime())

    custom_resource._response_url = url


def open_with_the_right_key():
    """Decrypt fails when the request names another key than the one that encrypted.
    MiniStack decrypts with the key that is named, and returns garbage."""
    decrypt_as_is = kms._decrypt

    def decrypt(data):
        named = kms._resolve_key(data.get("KeyId", ""))
        wrapped_by = base64.b64decode(data.get("CiphertextBlob", ""))[:36].decode(errors="ignore")
        if named and named["KeyId"] != wrapped_by:
            return error_response_json("IncorrectKeyException", "The key ID in the request does not identify a CMK "
                                       "that can perform this operation.", 400)
        return decrypt_as_is(data)

    kms._decrypt = decrypt


def stop_with_parent():
    """Ends the emulator when the test is gone, however it went."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    give_secrets_their_arn()
    put_policies_inline()
    spell_builds_as_the_api()
    roll_updates_back()
    delete_stacks_by_arn()
    delete_missing_change_sets()
    date_requests()
    open_with_the_right_key()
    threading.Thread(target=stop_with_parent, daemon=True).start()
    sys.argv[1:] = []
    ministack.app.main()
