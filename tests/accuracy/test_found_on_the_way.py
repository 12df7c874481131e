"""What the benchmark brought to light, each as a small case."""

from __future__ import annotations

import pytest

from tests.support.builders import OUTLOOK, SQL, Reference, customizations, flow, solution_files, yaml_files
from tests.support.memory import check


@pytest.mark.parametrize("content", [b"", b"<ImportExportXml><x>", b"<!DOCTYPE x><ImportExportXml />"])
def test_a_file_read_for_two_purposes_is_unreadable_once(content: bytes) -> None:
    """A zip's customizations.xml holds references and canvas apps; its fault was said twice."""
    tree = solution_files("ContosoHR", flows={}, layout="flat")
    assert [seen.rule for seen in check({**tree, "customizations.xml": content})] == ["CR901"]


def test_equal_display_names_do_not_hang_on_the_order_of_an_export() -> None:
    """Of two references shown alike, the one that came second was reported, whichever that was."""
    references = [Reference("con_a", OUTLOOK, "Mail"), Reference("con_b", SQL, "Mail")]
    tree = solution_files("ContosoHR", references, {}) | {"crstandards.toml": b'[rules]\nCR505 = "warning"\n'}
    anew = tree | {"Other/Customizations.xml": customizations(references[::-1]).encode()}
    prints = [{seen.fingerprint for seen in check(item) if seen.rule == "CR505"} for item in (tree, anew)]
    assert prints[0] == prints[1] != set()


def test_a_copy_in_the_yaml_layout_is_advised_by_its_own_flows() -> None:
    """Of two solutions of one name, the flow was looked for in the wrong one, and the check broke off."""
    two = flow({OUTLOOK: "con_outlook", f"{OUTLOOK}_1": "con_outlook"})
    files = yaml_files("ContosoHR", flows={"Send": two})
    tree = {f"{folder}/{path}": data for folder in ("a", "Archive/older") for path, data in files.items()}
    assert [(seen.rule, seen.path.split("/")[0]) for seen in check(tree)] == [
        ("CR203", "Archive"),
        ("CR203", "a"),
    ]
