"""Diffs, character by character; that git applies them is tested with the command."""

from __future__ import annotations

import pytest

from crstandards.fixes.edits import unified


def test_a_diff_in_full() -> None:
    before = b"".join(b"%d\n" % number for number in range(12))
    after = before.replace(b"5\n", b"five\n").replace(b"11\n", b"11")
    assert unified("a b.json", before, after) == (
        "--- a/a b.json\t\n+++ b/a b.json\t\n@@ -3,10 +3,10 @@\n"
        " 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n 10\n-11\n+11\n\\ No newline at end of file\n"
    )


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (b"a", b"b", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"),
        (b"a\n", b"b\n", "@@ -1 +1 @@\n-a\n+b\n"),
        (b"a\r\nx\r\n", b"b\r\nx\r\n", "@@ -1,2 +1,2 @@\n-a\r\n+b\r\n x\r\n"),
        (b"\n\na", b"\n\nb\n", "@@ -1,3 +1,3 @@\n \n \n-a\n\\ No newline at end of file\n+b\n"),
        (b"a\x0cb\n", b"a\x0cc\n", "@@ -1 +1 @@\n-a\x0cb\n+a\x0cc\n"),
        ("ä\n".encode("utf-16"), "ö\n".encode("utf-16"), "@@ -1 +1 @@\n-ä\n+ö\n"),
        (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfb\n", "@@ -1 +1 @@\n-a\n+b\n"),
    ],
)
def test_lines_of_a_diff(before: bytes, after: bytes, lines: str) -> None:
    assert unified("x", before, after) == f"--- a/x\n+++ b/x\n{lines}"


def test_no_difference_is_no_diff() -> None:
    assert unified("x", b"a", b"a") == ""


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("XML/x.json", "a/XML/x.json"),
        ("Häuser/x", "a/Häuser/x"),
        ("a b", "a/a b\t"),
        ('X "ab"~', '"a/X \\042ab\\042~"'),
        ("a\\b", '"a/a\\134b"'),
        ("a\tb", '"a/a\\011b"'),
        ("a\x7fb\x1f", '"a/a\\177b\\037"'),
        ("ä\x01", '"a/\\303\\244\\001"'),
        ("\udcff", '"a/\\377"'),
    ],
)
def test_a_files_name_in_a_diff(path: str, shown: str) -> None:
    other = shown.replace("a/", "b/", 1)
    assert unified(path, b"1\n", b"2\n").startswith(f"--- {shown}\n+++ {other}\n@@")
