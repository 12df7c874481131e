"""Pushes by somebody who knows how the hook works, and means to get past it."""

from __future__ import annotations

import pytest

from tests.builders import Repo
from tests.server.servers import Server
from tests.server.test_pushes import accepted, make_raw, refused

OFF = '[rules]\nCR101 = "off"\n'


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_a_branch_whose_name_goes_on_in_another_line(server: Server, work: Repo, separator: str) -> None:
    """Its policy must not be taken for that of the branch with which its name begins."""
    work.git("checkout", "--quiet", "-b", "side")
    work.write("crstandards.toml", OFF)
    work.commit()
    accepted(server, work, f"side:refs/heads/main{separator}x")
    work.git("checkout", "--quiet", "main")
    make_raw(work)
    assert "CR101" in refused(server, work, "main")
