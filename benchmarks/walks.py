"""What four walks through the program cost, as the page how-it-works tells it: git starts, functions, calls.

    python -m benchmarks.walks            print the table
    python -m benchmarks.walks --write    and write it into the page

Each walk is one command in a repository of four solutions with five flows each. Counted are the functions of
this package that are called, each once, and how often they are called; nothing is timed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from benchmarks import generate
from benchmarks.measure import write_table

PAGE = Path(__file__).parents[1] / "docs" / "development" / "how-it-works.md"
_FLOWS = 20
_COUNTED = """
import json, os, sys
found = {"git": 0, "calls": 0}
seen = set()
def audit(event, arguments):
    if event in ("subprocess.Popen", "os.posix_spawn"):
        found["git"] += 1
def profile(frame, event, argument):
    code = frame.f_code
    is_ours = os.sep + "crstandards" + os.sep in code.co_filename
    # Neither the bodies of modules and classes nor what has no name.
    if event == "call" and is_ours and code.co_flags & 1 and code.co_name[0] != "<":
        found["calls"] += 1
        seen.add(code)
sys.addaudithook(audit)
from crstandards.cli import main
sys.setprofile(profile)
status = main(sys.argv[2:])
sys.setprofile(None)
with open(sys.argv[1], "w") as stream:
    json.dump({**found, "functions": len(seen), "status": status}, stream)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Walk, print the table, and return 0."""
    parser = ArgumentParser(
        prog="python -m benchmarks.walks", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the table to the page")
    options = parser.parse_args(arguments)
    lines = ["| walk | git starts | functions | calls |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repository"
        generate.repository(root, _FLOWS)
        flow = min(root.rglob("Workflows/*.json"))
        original = flow.read_bytes()
        flow.write_bytes(original + b"\n")
        generate.git(root, "add", "--all")
        lines.append(_row("a commit proved clean", root, 0, "hook", "pre-commit"))
        flow.write_bytes(generate.broken(original))
        generate.git(root, "add", "--all")
        lines.append(_row("a commit blocked", root, 1, "hook", "pre-commit"))
        lines.append(_row("a fix", root, 0, "fix", "--no-config"))
        lines.insert(4, _push(Path(folder), root, flow, original))
    print("\n".join(lines))
    if options.write:
        write_table(PAGE, lines)
    return 0


def _push(folder: Path, root: Path, flow: Path, original: bytes) -> str:
    """A push of one commit that changes a flow."""
    old = generate.git(root, "rev-parse", "HEAD").strip()
    flow.write_bytes(original.replace(b"\n", b"\n\n", 1))
    generate.git(root, "commit", "--quiet", "--all", "--message", "Change a flow")
    new = generate.git(root, "rev-parse", "HEAD").strip()
    server = folder / "server.git"
    generate.git(folder, "clone", "--quiet", "--bare", str(root), str(server))
    generate.git(server, "update-ref", "refs/heads/main", old)
    told = f"{old} {new} refs/heads/main\n".encode()
    return _row("a push", server, 0, "hook", "pre-receive", stdin=told, GIT_DIR=".")


def _row(walk: str, root: Path, expected: int, *command: str, stdin: bytes = b"", **environ: str) -> str:
    """One line of the table."""
    with tempfile.NamedTemporaryFile() as counted:
        done = subprocess.run(
            (sys.executable, "-c", _COUNTED, counted.name, *command),
            cwd=root,
            input=stdin,
            env={**os.environ, **environ},
            capture_output=True,
            check=False,
        )
        found = json.load(counted) if not done.returncode else {"status": done.stderr.decode()}
    if found["status"] != expected:
        raise SystemExit(f"{walk}: {found['status']}\n{done.stdout.decode()}{done.stderr.decode()}")
    return f"| {walk} | {found['git']} | {found['functions']} | {found['calls']:,} |"


if __name__ == "__main__":
    sys.exit(main())
