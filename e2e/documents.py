"""The code blocks of README.md and docs/, which docs/check and the end to end test run.

Behind its language, a block's first line may say more, which GitHub does not show:

    ```sh                     runs in a clone of the project, without an account
    ```sh name=NAME           the same, and has a name by which a script finds it
    ```sh account name=NAME   needs an account: the end to end test runs it
    ```sh not-run: REASON     is not run
    ```json in=FILE           an excerpt of a file that the blocks before it made
    ```go file=FILE           the content of a file of the user's own app
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^( *)```(.*)$")


class Block:
    """A fenced block: where it stands, its language, what else its first line says, and its text."""

    def __init__(self, path, line, info):
        self.where = f"{path.relative_to(ROOT)}:{line}"
        self.path = path
        self.language, _, rest = info.strip().partition(" ")
        rest, _, self.reason = (part.strip() for part in rest.partition("not-run:"))
        words = rest.split()
        self.account = "account" in words
        self.name, self.file, self.excerpt = (
            "".join(word.removeprefix(key) for word in words if word.startswith(key)) for key in ("name=", "file=", "in="))
        self.lines = []

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)


def documents():
    """The pages that users read. docs/design.md is among them."""
    return [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("examples/*.md")),
            *sorted(ROOT.glob("CONTRIBUTING.md"))]


def blocks(paths=None):
    """Every fenced block of the documents, in their order."""
    found = []
    for path in paths or documents():
        block, indent = None, ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            fence = FENCE.match(line)
            if block is None and fence:
                indent, block = fence[1], Block(path, number, fence[2])
            elif fence and not fence[2].strip():
                found.append(block)
                block = None
            elif block is not None:
                block.lines.append(line.removeprefix(indent))
        if block is not None:
            raise ValueError(f"{block.where}: the block has no end")
    return found


def named(name):
    """The one block of that name."""
    found = [block for block in blocks() if block.name == name]
    if len(found) != 1:
        raise KeyError(f"{len(found)} blocks are named {name!r}: {[block.where for block in found]}")
    return found[0]


if __name__ == "__main__":
    print(named(sys.argv[1]).text, end="")
