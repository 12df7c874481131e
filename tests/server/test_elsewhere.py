"""The pushes of `test_pushes` again: over git's own protocol, over ssh, and with ids of 64 digits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.test_pushes import (
    test_a_baseline_for_findings_that_are_there_already_passes,
    test_a_clean_push_passes_without_a_word,
    test_a_forced_push_that_takes_a_mend_back_is_refused,
    test_a_guarded_branch_made_from_an_unguarded_one_is_judged,
    test_a_merge_in_which_the_duplicate_is_born_is_refused,
    test_a_push_cannot_exempt_itself,
    test_a_raw_connection_is_refused_and_leaves_nothing_behind,
    test_a_team_with_forty_findings_pushes_its_baseline_first,
    test_every_ref_of_a_push_counts,
    test_tags_are_peeled,
    test_the_branch_that_holds_the_policy_cannot_be_deleted,
)
from tests.support.servers import Server, git_daemon, sshd

__all__ = [
    "test_a_baseline_for_findings_that_are_there_already_passes",
    "test_a_clean_push_passes_without_a_word",
    "test_a_forced_push_that_takes_a_mend_back_is_refused",
    "test_a_guarded_branch_made_from_an_unguarded_one_is_judged",
    "test_a_merge_in_which_the_duplicate_is_born_is_refused",
    "test_a_push_cannot_exempt_itself",
    "test_a_raw_connection_is_refused_and_leaves_nothing_behind",
    "test_a_team_with_forty_findings_pushes_its_baseline_first",
    "test_every_ref_of_a_push_counts",
    "test_tags_are_peeled",
    "test_the_branch_that_holds_the_policy_cannot_be_deleted",
]


@pytest.fixture(params=["git daemon", "sshd", "64 digits"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, git_environment: dict[str, str]
) -> Iterator[Server]:
    """An empty bare repository with our hook, reached otherwise than by its path, or with other ids."""
    if request.param == "64 digits":
        yield Server(tmp_path, git_environment, "--object-format=sha256")
        return
    made = Server(tmp_path, git_environment)
    if request.param == "git daemon":
        with git_daemon(made.folder, made.environment) as address:
            made.url = f"{address}/server.git"
            yield made
    else:
        with sshd(made.folder / "ssh", made.environment) as (address, client):
            made.environment.update(client)
            made.url = f"{address}{made.bare.root}"
            yield made
