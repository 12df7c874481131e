"""Runs the tests of what a branch changes:

    python -m tests.changed [BASE] [-- ARGUMENTS OF PYTEST]

from the difference between BASE (default: `main`) and the working tree, with files that are not tracked
yet. A module's tests are those of its room; a rule's are its own, and what holds of all rules; those of
what tests share are those that import it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]

# What holds of all rules, beside a rule's own tests.
OF_ALL_RULES = (
    "tests/rules/test_catalogue.py",
    "tests/rules/test_generated.py",
    "tests/docs/test_lists.py",
)
# The tests of what lies in no room of that name, or whose tests are elsewhere. The first match counts.
ROOMS = (
    ("crstandards/rules/index.py", ("tests/rules/test_generated.py",)),
    ("crstandards/data/rules", ("tests/docs/test_lists.py",)),
    ("crstandards/data", ("tests/test_data.py",)),
    ("crstandards/check", ("tests/check", "tests/rules")),
    ("crstandards/fixes", ("tests/fix",)),
    ("crstandards/commands/fix", ("tests/fix/test_command.py",)),
    ("crstandards/commands/hook", ("tests/hooks",)),
    ("crstandards/commands/replay", ("tests/replay",)),
    ("crstandards/history", ("tests/replay", "tests/server")),
    ("crstandards/ci.py", ("tests/replay/test_ci.py",)),
    ("crstandards/git", ("tests/snapshot", "tests/hooks", "tests/faults")),
    ("crstandards/model.py", ("tests/source", "tests/rules")),
    ("crstandards/places.py", ("tests/source", "tests/report")),
    ("crstandards/environments.py", ("tests/rules", "tests/inventory")),
    ("crstandards/findings.py", ("tests/report", "tests/rules")),
    ("crstandards/reported.py", ("tests/report",)),
    ("docs/rules", ("tests/docs/test_links.py", *OF_ALL_RULES)),
    ("docs", ("tests/docs",)),
    ("hooks/ci", ("tests/pipelines",)),
    ("hooks", ("tests/hooks",)),
    (".pre-commit", ("tests/hooks/test_published.py",)),
    ("pyproject.toml", ("tests/test_requirements.py",)),
    ("requirements", ("tests/test_requirements.py",)),
    (".github", ("tests/test_outside.py",)),
)


def tests_of(path: str) -> Iterator[str]:
    """The files and folders of tests for what has changed in a file, be they there or not."""
    parts = PurePosixPath(path).parts
    if parts[0] == "tests":
        name = parts[-1]
        is_test = name.startswith("test_") and name.endswith(".py")
        if parts[1:3] == ("rules", "said"):
            yield f"tests/rules/test_{name.removesuffix('.txt').lower()}.py"
        elif parts[1] == "support":
            module = ".".join(parts).removesuffix(".py")
            for test in (ROOT / "tests").glob("*/test_*.py"):
                if f"from {module} import" in test.read_text("utf-8"):
                    yield test.relative_to(ROOT).as_posix()
        else:
            yield path if is_test else "/".join(parts[: min(2, len(parts) - 1)])
    elif path.endswith(".md") and len(parts) == 1:
        yield "tests/docs"
    elif parts[:2] == ("crstandards", "rules") and parts[-1].startswith("cr"):
        yield f"tests/rules/test_{parts[-1].partition('_')[0]}.py"
        yield from OF_ALL_RULES
    else:
        found = next((tests for start, tests in ROOMS if path.startswith(start)), ())
        yield from found or ([f"tests/{parts[1]}"] if len(parts) > 2 and parts[0] == "crstandards" else [])


def chosen(paths: Iterable[str]) -> list[str]:
    """The tests of some files that are there, none within another."""
    named = {test for path in paths for test in tests_of(path) if (ROOT / test).exists() and test != "tests"}
    return sorted(
        test for test in named if not any(test != other and test.startswith(f"{other}/") for other in named)
    )


def changed(base: str) -> list[str]:
    """The files that differ from what the branch began with, and those that git does not know yet."""
    start = _git("merge-base", base, "HEAD").strip() or base
    differing = _git("diff", "--name-only", "-z", start)
    new = _git("ls-files", "--others", "--exclude-standard", "-z")
    return [path for path in (differing + new).split("\0") if path]


def _git(*arguments: str) -> str:
    ran = subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"git {' '.join(arguments)}: {ran.stderr.strip()}")
    return ran.stdout


def main() -> int:
    """Run the tests, or say that there are none."""
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    base, arguments = (sys.argv[1:end] or ["main"])[0], sys.argv[end + 1 :]
    paths = changed(base)
    tests = chosen(paths)
    if not tests:
        print(f"No test belongs to what differs from {base}: {len(paths)} files.")
        return 0
    print("pytest", *tests, *arguments, flush=True)
    return subprocess.run(
        (sys.executable, "-m", "pytest", "-q", *tests, *arguments), cwd=ROOT, check=False
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main())
