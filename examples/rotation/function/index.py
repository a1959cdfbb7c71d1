"""Rotates the password in a secret, in the four steps of Secrets Manager.

See "Rotation by Lambda function" in the AWS Secrets Manager user guide.
"""

import json

import boto3


def handler(event, _context):
    secrets = boto3.client("secretsmanager")
    arn, token = event["SecretId"], event["ClientRequestToken"]
    versions = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
    if "AWSCURRENT" in versions[token]:
        return
    if event["Step"] == "createSecret":
        if "AWSPENDING" in versions[token] and has_value(secrets, arn, token):
            return
        value = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
        value["password"] = secrets.get_random_password(PasswordLength=32, ExcludePunctuation=True)["RandomPassword"]
        secrets.put_secret_value(
            SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(value), VersionStages=["AWSPENDING"])
    elif event["Step"] == "setSecret":
        pass  # tell the service about the new password
    elif event["Step"] == "testSecret":
        pass  # log in with it
    elif event["Step"] == "finishSecret":
        current = next(v for v, stages in versions.items() if "AWSCURRENT" in stages)
        secrets.update_secret_version_stage(
            SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)


def has_value(secrets, arn, token):
    try:
        secrets.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
    except secrets.exceptions.ResourceNotFoundException:
        return False
    return True
