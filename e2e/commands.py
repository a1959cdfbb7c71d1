"""Other programs: run with a time limit, and stopped whatever happens."""

import os
import signal
import subprocess


class Result:
    """What a command that ended left behind. output has both its outputs."""

    def __init__(self, code, output):
        self.ok = code == 0
        self.code = code
        self.output = output

    def __str__(self):
        lines = [line for line in self.output.splitlines() if line.strip()]
        return f"exit status {self.code}:\n" + "\n".join(lines[-25:])


class Commands:
    """Runs programs, each in a process group of its own, with no terminal."""

    def __init__(self):
        self.running = set()

    def start(self, args, **options):
        """Starts a program that goes on in the background."""
        process = subprocess.Popen(args, start_new_session=True, **options)
        self.running.add(process)
        return process

    def wait(self, process, seconds):
        """Waits for a program that was started with a pipe as its output."""
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            self.stop(process)
            said = error.output or ""
            said = said.decode(errors="replace") if isinstance(said, bytes) else said
            return Result("none", f"{said}\nit was stopped after {seconds} s")
        self.running.discard(process)
        return Result(process.returncode, output)

    def run(self, args, seconds=180, **options):
        return self.wait(self.start(args, **PIPED, **options), seconds)

    def stop(self, process):
        """Ends a program with all that it started."""
        self.running.discard(process)
        if process.poll() is not None:
            return
        if process.stdin:
            process.stdin.close()  # tells the emulator
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)  # what did not listen
        except ProcessLookupError:
            pass
        process.wait()

    def stop_all(self):
        for process in list(self.running):
            self.stop(process)


PIPED = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
