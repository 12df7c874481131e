from __future__ import annotations

import pytest

from crstandards.report.escape import defuse, display_path, sanitize


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("Größe 日本 🙂", "Größe 日本 🙂"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("\x9b31mred", "\\u009b31mred"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("\x00\x07\x7f", "\\u0000\\u0007\\u007f"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066a\u2069\u200e\u061c", "\\u2066a\\u2069\\u200e\\u061c"),
        ("a\u2028b\u2029c\x85", "a\\u2028b\\u2029c\\u0085"),
        ("\udc80\ud800", "\\udc80\\ud800"),
        ("zero\u200bwidth\ufeff\u00ad", "zero\\u200bwidth\\ufeff\\u00ad"),
        ("\U000e0041", "\\U000e0041"),
        ("##vso[task.complete]", "#\\u0023vso[task.complete]"),
        ("###", "#\\u0023#"),
        ("#{TOKEN}#", "#{TOKEN}#"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
    ],
)
def test_sanitize(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("é", "\\u00e9"),
        ("\U0001f642", "\\U0001f642"),
        ("\u201ca\u201d \u2018b\u2019 \u2013 c… → d\u00a0e", "\"a\" 'b' - c... -> d e"),
        ("\x1b\n\u202e\udc80", "\\u001b\\n\\u202e\\udc80"),
        ("##", "#\\u0023"),
    ],
)
def test_sanitize_to_ascii(text: str, shown: str) -> None:
    assert sanitize(text, ascii_only=True) == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("src/HR/a b.json", "src/HR/a b.json"),
        ("src/Größe.json", "src/Größe.json"),
        ("caf\udce9", "caf\\xe9"),
        ("\udcff\udc80é", "\\xff\\x80é"),
        ("\ud800\udfff", "\\ud800\\udfff"),
        ("x.zip!/Workflows/a.json", "x.zip!/Workflows/a.json"),
        ("back\\slash", "back\\slash"),
    ],
)
def test_display_path(path: str, shown: str) -> None:
    assert display_path(path) == shown


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("a::b\nc", "a::b\nc"),
        ("::error::x\n", "\\u003a:error::x\n"),
        ("a\n   ::x\n:y\n", "a\n   \\u003a:x\n:y\n"),
        ("\u3000::x", "\u3000\\u003a:x"),
        ("\n\n:::", "\n\n\\u003a::"),
    ],
)
def test_defuse(page: str, shown: str) -> None:
    assert defuse(page) == shown
