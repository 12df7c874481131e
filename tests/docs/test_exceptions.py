"""What docs/exceptions.md says of merging baselines."""

from __future__ import annotations

import re

from crstandards.commands.demo import apply
from tests.support.builders import Repo

BASELINE = "crstandards-baseline.json"


def recorded(repo: Repo, patch: str) -> None:
    apply(repo.root, patch)
    assert repo.crstandards("baseline", "--force").status == 0
    repo.commit("Record what is here")


def test_both_sides_of_a_merge_are_kept(contoso: Repo) -> None:
    assert contoso.crstandards("baseline").status == 0
    contoso.commit("Begin with an empty baseline")
    contoso.git("checkout", "--quiet", "-b", "theirs")
    recorded(contoso, "duplicate")
    contoso.git("checkout", "--quiet", "main")
    recorded(contoso, "raw")
    assert contoso.run(("git", "merge", "--quiet", "theirs")).status == 1
    refused = contoso.crstandards("check")
    assert (refused.status, "conflict marks" in refused.err) == (2, True)
    text = (contoso.root / BASELINE).read_text("utf-8")
    both = re.sub(r"^(<<<<<<<|=======|>>>>>>>).*\n", "", text, flags=re.MULTILINE)
    first = re.search(r"^    \{.+\n", both, re.MULTILINE)
    assert first
    contoso.write(BASELINE, both.replace(first[0], first[0] * 2))
    checked = contoso.crstandards("check", "--fail-on", "warning")
    assert (checked.status, "2 suppressed" in checked.out) == (0, True), checked.text
