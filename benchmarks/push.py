"""What a server's hook costs, as docs/server.md tells it: time and memory of a push of one flow.

    python -m benchmarks.push            trees of up to 1,000,000 files
    python -m benchmarks.push --write    and write the table into the page

Seconds are those of the processor, of crstandards and the git that it starts together. Of several runs the
least counts.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import generate
from benchmarks.measure import CRSTANDARDS, Work, once, peak, write_table

PAGE = Path(__file__).parents[1] / "docs" / "server.md"
_POLICY = b'[server]\ndeadline = 60\nenforce = ["refs/heads/*"]\n'
_FLOWS = 50


class Server(NamedTuple):
    """A tree to push to: what it holds in words, how many other files and solutions that is; and how
    many guarded branches a push makes, and commits it brings.
    """

    holds: str
    files: int
    solutions: int = 0
    branches: int = 0
    commits: int = 1


_SERVERS = (
    Server("1,000 files", 1_000),
    Server("100,000 files in 100 folders", 100_000),
    Server("1,000,000 files in 1,000 folders", 1_000_000),
    Server("1,000 files, and the push brings 20,000 commits", 1_000, commits=20_000),
    Server("1,000 files, and the push makes 1,000 guarded branches", 1_000, branches=1_000),
    Server(f"2,000 solutions with {_FLOWS} flows each", 0, 2_000),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return 0."""
    parser = ArgumentParser(
        prog="python -m benchmarks.push", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each push; default: 5")
    parser.add_argument("--write", action="store_true", help="write the table to docs/server.md")
    options = parser.parse_args(arguments)
    lines = ["| the tree holds | processor seconds | peak memory, MB |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        for number, server in enumerate(_SERVERS):
            hook = served(Path(folder) / str(number), server)
            seconds = min(once(hook).processor for _ in range(options.runs))
            lines.append(f"| {server.holds} | {seconds:.1f} | {peak(hook):.0f} |")
            print(lines[-1], flush=True)
    if options.write:
        write_table(PAGE, lines, "python -m benchmarks.push --write")
    return 0


def served(folder: Path, server: Server) -> Work:
    """The hook at a server for one push, which is made once for a folder."""
    if not folder.exists():
        folder.mkdir()
        generate.git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
        # Not through our memory: what this process has held counts for those that it starts.
        with (folder / "stream").open("w+b") as stream:
            stream.writelines(_stream(server))
            stream.seek(0)
            subprocess.run(("git", "fast-import", "--quiet"), cwd=folder, stdin=stream, check=True)
    old, new = (generate.git(folder, "rev-parse", name).strip() for name in ("main", "next"))
    made = (f"{'0' * 40} {new} refs/heads/new{number}\n" for number in range(server.branches))
    pushed = folder / "pushed"
    pushed.write_text("".join(made) or f"{old} {new} refs/heads/main\n")
    return Work((CRSTANDARDS, "hook", "pre-receive"), folder, {"GIT_DIR": str(folder)}, stdin=pushed)


def _stream(server: Server) -> Iterator[bytes]:
    """For `git fast-import`: `main`, and `next` on top of it, which changes one flow."""
    chance = random.Random(1)
    yield _data(b"blob\nmark :1\n", b"{}")
    yield _data(b"blob\nmark :2\n", generate.flow(chance, "Contoso0", 2_000))
    yield _data(b"commit refs/heads/main\nmark :3\ncommitter A <a@contoso.com> 1767225600 +0000\n", b"Begin")
    yield _inline(b"crstandards.toml", _POLICY)
    for number in range(server.files):
        yield b"M 100644 :1 docs/%d/%d.json\n" % (number // 1000, number)
    for number in range(server.solutions + 1):
        name = f"Contoso{number}"
        yield _inline(b"src/%s/Other/Solution.xml" % name.encode(), generate.manifest(name))
        yield _inline(b"src/%s/Other/Customizations.xml" % name.encode(), generate.customizations(name, 0))
        for at in range(_FLOWS):
            yield b"M 100644 :2 %s\n" % _path(name, number * _FLOWS + at)
    yield _data(b"commit refs/heads/next\ncommitter A <a@contoso.com> 1767225600 +0000\n", b"Change it")
    yield b"from :3\n" + _inline(_path("Contoso0", 0), generate.flow(chance, "Contoso0", 2_000))
    for number in range(1, server.commits):
        yield _data(b"commit refs/heads/next\ncommitter A <a@contoso.com> 1767225600 +0000\n", b"More")
        yield _inline(b"docs/notes.txt", b"%d" % number)


def _path(solution: str, flow: int) -> bytes:
    return b"src/%s/Workflows/Flow-%08X-0000-4000-8000-000000000000.json" % (solution.encode(), flow)


def _inline(path: bytes, content: bytes) -> bytes:
    return _data(b"M 100644 inline %s\n" % path, content)


def _data(head: bytes, content: bytes) -> bytes:
    return b"%sdata %d\n%s\n" % (head, len(content), content)


if __name__ == "__main__":
    sys.exit(main())
