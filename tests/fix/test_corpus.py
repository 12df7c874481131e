"""Every real solution there is, mended with a word: changed or refused, and nothing else touched."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crstandards.cli import main
from crstandards.source.text import decode, encoding_of

# What a fix may write or take away, line by line: parts of an entry, of a host, of a settings entry,
# of a declaration or of a dependency; and brackets.
TOUCHED = re.compile(
    r"""\s*(?:
        [\[\]{},]*
      | "(?:shared_[\w-]+)":\s*{
      | "(?:connectionReferenceLogicalName|connectionName|runtimeSource|source|name|logicalName)":.*
      | "(?:connection|api|impersonation)":\s*{(?:}|)\s*,?
      | "(?:LogicalName|ConnectionId|ConnectorId|ConnectionOwner)":.*
      | </?connectionreference(?:displayname)?\b.*
      | </?(?:connectorid|customconnectorid|description|iscustomizable|promptingbehavior|stat\w+code)\b.*
      | </?(?:MissingDependency|Required|Dependent|package)\b.*
    )\s*""",
    re.VERBOSE,
)


class Run(NamedTuple):
    """A copy of the corpus before and after, and what the fix said."""

    root: Path
    before: dict[str, bytes]
    after: dict[str, bytes]
    out: str
    status: int

    def changed(self) -> Iterator[tuple[str, bytes, bytes]]:
        """The files that were changed, before and after."""
        for path, data in self.before.items():
            if self.after[path] != data:
                yield path, data, self.after[path]


def everything(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def run(root: Path, *arguments: str) -> tuple[int, str]:
    """Run a command in this process; returns its status and output."""
    import contextlib
    import io

    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.chdir(root)
        patch.setenv("COLUMNS", "120")
        status = main(arguments)
    out.seek(0)
    return status, out.read()


def copy(source: Path, target: Path) -> None:
    """A copy that may be written to, whatever the source is."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


def findings(root: Path) -> list[Any]:
    return list(json.loads(run(root, "check", "--format", "json")[1])["findings"])


@pytest.fixture(scope="module")
def fixed(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The corpus, as one repository, with all mended that can be."""
    root = tmp_path_factory.mktemp("corpus") / "all"
    copy(corpus, root)
    before = everything(root)
    status, out = run(root, "fix", "--unsafe", "--fail-on", "note")
    return Run(root, before, everything(root), out, status)


def test_raw_connections_and_duplicates_are_left_only_where_refused(fixed: Run) -> None:
    refused = re.findall(r"^  (CR\d+) (.+)$", fixed.out.partition("Left alone:\n")[2], re.MULTILINE)
    left = [
        (item["rule"], item["path"]) for item in findings(fixed.root) if item["rule"] in ("CR101", "CR201")
    ]
    assert sorted(left) == sorted(item for item in refused if item[0] in ("CR101", "CR201"))
    assert fixed.status == 1
    assert {rule for rule, _ in left} == {"CR201"}


def test_encodings_line_ends_and_last_lines_stay(fixed: Run) -> None:
    for path, before, after in fixed.changed():
        assert encoding_of(before) == encoding_of(after), path
        old, new = decode(before), decode(after)
        for text in (old, new):
            assert text.count("\r\n") in (0, text.count("\n")), path
        assert ("\r\n" in old) == ("\r\n" in new), path
        assert old[-2:] == new[-2:], path


def test_only_what_speaks_of_connections_is_touched(fixed: Run) -> None:
    """Judged by what differs between the files, not by what the fix says of itself."""
    from difflib import SequenceMatcher

    for path, before, after in fixed.changed():
        old, new = (_lines(decode(data)) for data in (before, after))
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for kind, first, last, start, end in matcher.get_opcodes():
            if kind != "equal":
                for line in (*old[first:last], *new[start:end]):
                    assert TOUCHED.fullmatch(line), (path, line)


def _lines(text: str) -> list[str]:
    """Lines; a file in one line is cut at its commas and brackets."""
    lines = text.splitlines()
    return lines if len(lines) > 1 else re.split(r"(?<=[,{\[])|(?=[}\]])", text)


def test_nothing_got_worse(fixed: Run, corpus: Path) -> None:
    def counted(root: Path) -> dict[str, int]:
        rules = [item["rule"] for item in findings(root)]
        return {rule: rules.count(rule) for rule in sorted(set(rules))}

    before, after = counted(corpus), counted(fixed.root)
    assert all(number <= before.get(rule, 0) for rule, number in after.items())
    assert "CR101" not in after
    assert "CR203" not in after
    assert "CR504" not in after


def test_a_second_run_changes_nothing(fixed: Run) -> None:
    _, out = run(fixed.root, "fix", "--unsafe", "--fail-on", "note")
    assert everything(fixed.root) == fixed.after
    assert "Fixed:" not in out


def test_what_is_called_fixable_is_what_a_safe_fix_mends(corpus: Path, tmp_path: Path) -> None:
    """`fixable` of a report, and the fix without a word: the same findings, one for one."""
    root = tmp_path / "all"
    copy(corpus, root)
    before = findings(root)
    promised = {item["fingerprint"] for item in before if item["fixable"]}
    assert len(promised) > 10
    run(root, "fix", "--fail-on", "note")
    after = {item["fingerprint"] for item in findings(root)}
    assert {item["fingerprint"] for item in before} - after == promised
    assert not after - {item["fingerprint"] for item in before}
