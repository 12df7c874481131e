"""docs/hooks.md lists the published hooks, with the rules that they check."""

from __future__ import annotations

import re

import yaml

from tests.docs.documents import ROOT


def test_each_published_hook_is_listed_with_its_rules() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    page = (ROOT / "docs" / "hooks.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", page, re.MULTILINE))
    assert list(rows) == [hook["id"] for hook in hooks]
    for hook in hooks:
        selected = re.findall(r"CR\d+", hook["entry"])
        assert re.findall(r"CR\d+", rows[hook["id"]]) == selected
