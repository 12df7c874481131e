"""What editors make of our lines and of our schema: docs/reports.md, "In an editor"."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crstandards.setup.configuration import starter_config
from tests.support.builders import Repo, flow, raw_flow, write_solution
from tests.support.documents import ROOT, blocks_of

SCHEMA = (ROOT / "crstandards/data/config.schema.json").as_uri()
GCC = r"^(.*?):(\d+):(\d*):?\s+(?:fatal\s+)?(warning|error):\s+(.*)$"
"""The matcher `$gcc` of the C/C++ extension of VS Code."""


@pytest.fixture
def lines(repo: Repo) -> list[str]:
    """What the task's command prints for a solution with an error, and with a warning; blanks in names."""
    flows = {"Send a: note [x]": flow({"shared_office365": "con_a"}), "Raw": raw_flow()}
    write_solution(repo.root / "my src", "ContosoHR", ["con_a", "con_b"], flows)
    write_solution(repo.root / "IT", "ContosoIT", ["con_unused"], {})
    [task] = task_file()["tasks"]
    return repo.crstandards(*task["command"].split()[1:]).out.splitlines()


def task_file() -> dict[str, list[dict[str, str]]]:
    [block] = [block for block in blocks_of(ROOT / "docs/reports.md") if '"problemMatcher"' in block.text]
    found: dict[str, list[dict[str, str]]] = json.loads(block.text)
    return found


def test_the_matcher_reads_every_line_and_so_does_the_common_one(lines: list[str]) -> None:
    matcher: Any = task_file()["tasks"][0]["problemMatcher"]
    pattern = matcher["pattern"]
    found = [re.search(pattern["regexp"], line) for line in lines]
    assert all(found), lines
    seen = {(match[pattern["severity"]], match[pattern["code"]]) for match in found if match}
    assert seen == {("error", "CR101"), ("error", "CR201"), ("warning", "CR504")}
    files = {match[pattern["file"]].split("/")[0] for match in found if match}
    assert files == {"my src", "IT"}
    assert all(match[pattern["message"]] and int(match[pattern["line"]]) for match in found if match)
    assert all(re.search(GCC, line) for line in lines)


@pytest.fixture
def taplo() -> Path:
    folder = Path(os.environ.get("CRSTANDARDS_NODE_MODULES") or "node_modules").absolute()
    if not (folder / ".bin/taplo").exists():
        pytest.skip("needs @taplo/cli of npm in a folder that CRSTANDARDS_NODE_MODULES names")
    return folder / ".bin/taplo"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            starter_config({"prod": ("config/prod/*.json",)}, {"prod": ["ContosoHR"]}, {"old/**": "a copy"}),
            "",
        ),
        ('locked = ["CR101"]\n[[exceptions]]\nrule = "CR201"\nreason = "x"\nexpires = 2027-06-30\n', ""),
        ('[rules]\nCR504 = "eror"\n', '"eror" is not one of'),
        ('locked = ["CR999"]\n', '"CR999" is not one of'),
        ('[source]\nexlude = ["a"]\n', "'exlude' was unexpected"),
        ("baseline = '../x.json'\n", "does not match"),
    ],
)
def test_taplo_finds_what_is_wrong_and_nothing_else(
    taplo: Path, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "crstandards.toml"
    file.write_text(re.sub(r"\A(#:schema .*\n)?", f"#:schema {SCHEMA}\n", text, count=1), "utf-8")
    done = subprocess.run(
        [taplo, "lint", file], capture_output=True, encoding="utf-8", cwd=tmp_path, check=False
    )
    assert (done.returncode == 0) == (said == ""), done.stderr
    assert said in done.stderr + done.stdout
