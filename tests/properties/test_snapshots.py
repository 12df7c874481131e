"""One tree of bytes, however it is kept: in a working tree, the index, a commit or a zip."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import Repo, write_files
from tests.properties.grammar import Source, repositories, whole
from tests.properties.rewriting import spell_anew
from tests.snapshot.everywhere import reports

BAD = (b"", b"{", b"\xff\xfe{\0", b"\xe9", b"<a", b"\xef\xbb\xbf")


# Each one takes a repository and six processes of git.
@settings(max_examples=8)
@given(repositories(), st.data())
def test_worktree_index_commit_and_zip_report_the_same(
    git_environment: dict[str, str], repository: list[Source], data: st.DataObject
) -> None:
    files = spell_anew(whole(repository), Random(data.draw(st.integers(0, 2**32))))
    for path in data.draw(st.lists(st.sampled_from(sorted(files)), max_size=2)):
        files[path] = data.draw(st.sampled_from(BAD))
    with tempfile.TemporaryDirectory() as scratch:
        write_files(Path(scratch) / "source", files)
        repo = Repo.create(Path(scratch) / "repo", git_environment)
        found = reports(Path(scratch) / "source", repo, Path(scratch))
    for name, report in found.items():
        assert report == found["commit"], name
