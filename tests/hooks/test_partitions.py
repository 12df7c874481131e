"""What a commit is told does not depend on how its changes are put together: in whatever order and in
however many commits, the findings are the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crstandards.check.session import Session
from crstandards.check.touched import check_touched
from crstandards.git.repository import Change, Git
from crstandards.policy.configuration import parse_config
from crstandards.report.json_format import document, json_text
from crstandards.rules import RULES
from crstandards.snapshot import File, Index
from crstandards.source.facts import Facts
from tests.support.builders import OUTLOOK, TEAMS, Repo, action, flow, raw_flow, write_solution
from tests.support.checks import AS_OF

CONFIGURATIONS = [
    "",
    '[[environments]]\nname = "prod"\n',
    '[[environments]]\nname = "prod"\nsharing = "set-per-solution"\n',
]


class Staged(NamedTuple):
    """An index, its files, what it changes, and what was read of it."""

    snapshot: Index
    files: Sequence[File]
    changes: Sequence[Change]
    facts: Facts


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Staged:
    """A repository in which several solutions are staged, with findings in them and between them."""
    repo = Repo.create(tmp_path_factory.mktemp("parts") / "repo", git_environment)
    repo.commit("Begin")
    flows = {"Raw": raw_flow(), "Lost": flow({}, {"A": action()}), "Other": flow({OUTLOOK: "con_teams"})}
    write_solution(repo.root / "hr", "ContosoHR", ["con_a", "con_b", ("con_teams", TEAMS)], flows)
    write_solution(repo.root / "it", "ContosoIT", ["con_a", ("con_b", TEAMS)], {"Use": flow()})
    write_solution(repo.root / "sales", "ContosoSales", ["con_c"], {"Use": flow({OUTLOOK: "con_c"})})
    write_solution(repo.root / "sales/inner", "ContosoInner", ["con_x"], {"Raw": raw_flow()})
    write_solution(repo.root / "flat", "ContosoFlat", ["con_1"], {"Bad": flow({OUTLOOK: "con_gone"})}, "flat")
    repo.git("add", "--all")
    git = Git(repo.root)
    snapshot = Index(git)
    return Staged(snapshot, snapshot.files(), git.staged_changes(), Facts())


def findings(staged: Staged, config: str, changes: Sequence[Change]) -> set[str]:
    """The findings about some changes, each as JSON."""
    wanted = parse_config(config.encode(), "crstandards.toml")
    session = Session(staged.snapshot, wanted, RULES, AS_OF, staged.facts, staged.files)
    report = document(check_touched(session, changes))
    found = json.loads(json_text(report))["findings"]
    return {json.dumps(item, sort_keys=True) for item in found}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(
    order=st.randoms(use_true_random=False),
    parts=st.integers(1, 4),
    config=st.sampled_from(CONFIGURATIONS),
)
def test_changes_have_the_findings_of_their_parts(
    staged: Staged, order: random.Random, parts: int, config: str
) -> None:
    changes = list(staged.changes)
    together = findings(staged, config, changes)
    assert len(together) > 4
    order.shuffle(changes)
    apart = [findings(staged, config, changes[part::parts]) for part in range(parts)]
    assert set.union(*apart) == together
