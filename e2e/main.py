"""Runs the end to end test. See the script "run" beside this file."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

import forms
import lifecycle
from checks import Checks, Stop
from commands import PIPED, Commands
from disaster import Disaster
from second_opinion import SecondOpinion
from user import ACCOUNT, SOPS, User, environment

HERE = pathlib.Path(__file__).resolve().parent
SERVICES = "cloudformation,codebuild,ecr,iam,kms,lambda,logs,s3,secretsmanager,ssm,sts"


class Ended(BaseException):
    """The whole run has taken too long, or was told to end."""


def end(number, _):
    raise Ended("the time is over" if number == signal.SIGALRM else signal.Signals(number).name)


def main():
    cache = pathlib.Path(sys.argv[1])
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    signal.alarm(int(os.environ.get("E2E_SECONDS", "1800")))
    started, commands, checks = time.monotonic(), Commands(), Checks(lifecycle.VALUES | forms.VALUES)
    temp = tempfile.mkdtemp(prefix="sopscdk-e2e-")
    try:
        test(checks, commands, temp, cache)
    except Stop:
        pass
    except Ended as why:
        checks.that("the test ran to its end", False, why)
    except Exception:
        checks.that("the test is without mistakes", False, traceback.format_exc())
    finally:
        signal.alarm(0)
        commands.stop_all()
        shutil.rmtree(temp, ignore_errors=True)
    print(f"in {time.monotonic() - started:.0f} s")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed or not checks.passed else 0


def test(checks, commands, temp, cache):
    changed = commands.run(["git", "status", "--porcelain"], cwd=HERE.parent)
    if changed.output:
        print(f"note: {len(changed.output.splitlines())} files are not committed, so not part of this test")
    repo = os.path.join(temp, "repo")
    cloned = commands.run(["git", "clone", "--quiet", str(HERE.parent), repo])
    checks.must("git clone", cloned.ok, cloned)
    endpoint, log = start_emulator(commands, temp)
    env = environment(temp, endpoint)
    # The first time this takes minutes, so it goes on beside the first stacks.
    sops_dir = cache / SOPS.rpartition("@")[2]
    sops = commands.start(["go", "install", SOPS], cwd=temp, env={**env, "GOBIN": str(sops_dir)}, **PIPED)
    user = User(commands, repo, env, str(sops_dir / "sops"))

    installed = commands.wait(sops, 900)
    checks.must(f"go install {SOPS}", installed.ok, installed)
    way = lifecycle.Lifecycle(user, checks)
    way.bootstrap()
    way.deploy_keys()
    way.formats("dev")
    way.encrypt()
    way.deploy_secret()
    way.pipeline()
    way.edit()
    way.rotate()
    way.another_key()
    way.resync()
    way.find_commit()
    way.revert()
    way.large()
    way.one_region()
    way.differences()
    way.failure()
    way.stage()
    way.formats("prod")
    second = SecondOpinion(user, checks, temp)
    second.policies()
    second.function(commands)
    disaster = Disaster(user, checks, way)
    disaster.break_glass()
    disaster.lost_key()
    disaster.lost_keys()
    disaster.lost_file()
    disaster.deleted_secret()
    forms.Forms(user, checks).all()
    way.silence(log.read_text(errors="replace"))
    way.destroy()
    disaster.come_back()
    way.followed()


def start_emulator(commands, temp):
    """Starts the emulator on a free port, and returns its endpoint and its log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint, log = f"http://127.0.0.1:{port}", pathlib.Path(temp, "emulator.log")
    env = {
        **environment(temp, endpoint),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "SERVICES": SERVICES,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    with open(log, "w") as output:
        # It ends when the pipe closes, however this process ends.
        process = commands.start([sys.executable, "-B", HERE / "emulator.py"], cwd=temp, env=env,
                                 stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
    for _ in range(120):
        with contextlib.suppress(OSError), urllib.request.urlopen(endpoint + "/_ministack/health", timeout=2):
            return endpoint, log
        if process.poll() is not None:
            break
        time.sleep(0.25)
    raise RuntimeError(f"the emulator did not start:\n{log.read_text(errors='replace')[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
