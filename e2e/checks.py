"""What was checked, one line each."""


class Stop(Exception):
    """A check failed that the rest depends on."""


class Checks:
    """Prints and counts the checks. Text in secrets never reaches the output."""

    def __init__(self, secrets):
        self.passed = self.failed = 0
        self.secrets = secrets

    def that(self, what, holds, got=""):
        """Notes and returns whether what holds, and got, which says what was seen if it does not."""
        if holds:
            self.passed += 1
            print("ok  ", what, flush=True)
        else:
            self.failed += 1
            print("FAIL", what + (f" ({self.redacted(str(got))})" if got else ""), flush=True)
        return holds

    def must(self, what, holds, got=""):
        """Is that for what the rest depends on."""
        if not self.that(what, holds, got):
            raise Stop

    def redacted(self, text):
        for secret in self.secrets:
            text = text.replace(secret, "[REDACTED]")
        return text
