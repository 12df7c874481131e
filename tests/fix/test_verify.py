"""Whether a file differs by what was announced: each kind of change, and what else may not differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from crstandards.fixes.verify import (
    REMOVED,
    JsonChange,
    XmlRemoval,
    json_as_announced,
    xml_as_announced,
)

# JSON


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ('{"a": 1}', [JsonChange(("a",), "x")], '{"a": "x"}'),
        ('{"a": 1, "b": 2}', [JsonChange(("b",), "x")], '{"a": 1, "b": "x"}'),
        ('{"a": 1, "b": 2}', [JsonChange(("a",), {"n": "v"})], '{"a": {"n": "v"}, "b": 2}'),
        ('{"a": {"b": {"c": {}}}}', [JsonChange(("a", "b", "c"), "x")], '{"a": {"b": {"c": "x"}}}'),
        ('[[[[1]]]]', [JsonChange(("0", "0", "0", "0"), "x")], '[[[["x"]]]]'),
        ('[[1, [2, 3]]]', [JsonChange(("0", "1", "0"), "x")], '[[1, ["x", 3]]]'),
        ('[1, {"a": [2]}]', [JsonChange(("1", "a", "0"), "x")], '[1, {"a": ["x"]}]'),
        # Of a repeated key, the last one.
        ('{"a": {"b": 1}, "a": {"b": 2}}', [JsonChange(("a", "b"), "x")], '{"a": {"b": 1}, "a": {"b": "x"}}'),
        ('{"a": 1, "a": 2, "c": 3}', [JsonChange(("a",), REMOVED)], '{"a": 1, "c": 3}'),
        ('{"a": 1, "b": 2, "c": 3}', [JsonChange(("b",), REMOVED)], '{"a": 1, "c": 3}'),
        ('{"a": 1, "b": 2}', [JsonChange((key,), REMOVED) for key in "ab"], "{}"),
        # Positions are those before the fix.
        ("[1, 2, 3, 4]", [JsonChange(("0",), REMOVED), JsonChange(("2",), "x")], '[2, "x", 4]'),
        ('{"a": [1, {"b": 2, "c": 3}]}', [JsonChange(("a", "1", "b"), REMOVED)], '{"a": [1, {"c": 3}]}'),
        ('{"a": 1, "b": 2}', [JsonChange(("k",), {"n": "v"}, "b")], '{"a": 1, "k": {"n": "v"}, "b": 2}'),
        ('{"b": 1, "c": 0, "b": 2}', [JsonChange(("k",), "x", "b")], '{"b": 1, "c": 0, "k": "x", "b": 2}'),
    ],
)  # fmt: skip
def test_what_wjson_as_announced(before: str, changes: list[JsonChange], after: str) -> None:
    assert json_as_announced(before, after, changes) is True
    assert json_as_announced(before, before, changes) is False
    assert json_as_announced(before, after, []) is False
    assert json_as_announced(before, after, [*changes, JsonChange(("z",), "x")]) is False


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}'),
        ('{"a": 1, "a": 1}', '{"a": 1}'),
        ('{"a": 1, "b": 2}', '{"a": 2, "b": 2}'),
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 3}'),
        ('{"a": 1}', '{"A": 1}'),
        ("[1, 2]", "[1]"),
        ("[1]", "[1, 2]"),
        ("[1, 2]", "[1, 3]"),
        ("[1, 2]", "[3, 2]"),
        ("1", "1.0"),
        ("1", '"1"'),
        ("1", "true"),
        ("null", "false"),
        ('""', "null"),
        ("{}", "[]"),
        ("[[]]", "[{}]"),
        ('{"a": {}}', '{"a": []}'),
        ('[["a", 1]]', '{"a": 1}'),
        ("12345678901234567890.0", "12345678901234567890.1"),
        ("{}", "{"),
    ],
)
def test_any_other_difference_is_none_of_it(before: str, after: str) -> None:
    assert json_as_announced(before, before, []) is True
    assert json_as_announced(before, after, []) is False
    assert json_as_announced(after, before, []) is False


@pytest.mark.parametrize(
    "route",
    ["x", "a/x", "a/0/x", "b/x", "b/9", "c/x", "c/0", "d/x", "e/0", "c/x/y"],
)
def test_a_change_that_leads_nowhere_is_no_match(route: str) -> None:
    text = '{"a": {"0": {}}, "b": [1], "c": "ab", "d": 1, "e": null}'
    for value in ("x", REMOVED):
        assert json_as_announced(text, text, [JsonChange(tuple(route.split("/")), value)]) is False


# XML

NAME = "connectionreferencelogicalname"


def references(*inner: str, around: str = "{}") -> bytes:
    listed = f"<connectionreferences>{''.join(inner)}</connectionreferences>"
    return f"<ImportExportXml>{around.format(listed)}</ImportExportXml>".encode()


def reference(name: str, inner: str = "") -> str:
    return f'<connectionreference {NAME}="{name}">{inner}</connectionreference>'


def dependencies(*inner: str) -> bytes:
    listed = f"<MissingDependencies>{''.join(inner)}</MissingDependencies>"
    return f"<ImportExportXml><SolutionManifest>{listed}</SolutionManifest></ImportExportXml>".encode()


def dependency(required: str, dependent: str = "") -> str:
    named = f'<Dependent id.{NAME}="{dependent}"/>' if dependent else "<Dependent/>"
    return f'<MissingDependency><Required id.{NAME}="{required}"/>{named}</MissingDependency>'


A, B, C = reference("con_A", "<x>1</x>"), reference("con_b"), reference("con_c")
NAMELESS = "<connectionreference/>"
DECLARED = XmlRemoval("declarations", "con_a")
REPEATED = XmlRemoval("repetitions", "con_a")
DEPENDING = XmlRemoval("dependencies", "con_a")


@pytest.mark.parametrize(
    ("before", "removal", "after"),
    [
        (references(A, B, C, NAMELESS), DECLARED, references(B, C, NAMELESS)),
        (references(B, A, NAMELESS, C), DECLARED, references(B, NAMELESS, C)),
        (references(B, C, A), DECLARED, references(B, C)),
        (references(A), DECLARED, references()),
        (references(A, B, A), DECLARED, references(B)),
        (references("\n ", A, "\n ", B, "\n"), DECLARED, references("\n ", B, "\n")),
        (references("\n ", A, "\n ", B, "\n"), DECLARED, references(B)),
        (references("\n\t", B, "\n\t", A, "\n"), DECLARED, references(" \n", B, "\t")),
        (references("one", A, "two", B, "three"), DECLARED, references("onetwo", B, "three")),
        (references("one", B, A, "two"), DECLARED, references("one", B, "two")),
        (references(B, "one", A, C), DECLARED, references(B, "one", C)),
        (references(B, "one", A, "two", C), DECLARED, references(B, "onetwo", C)),
        (references("<!-- one -->", A), DECLARED, references("<!-- one -->")),
        (references(B, B, A, A, "\n", C, reference("CON_a")), REPEATED, references(B, B, A, C)),
        (references(NAMELESS, NAMELESS, A, A), REPEATED, references(NAMELESS, NAMELESS, A)),
        (
            dependencies(dependency("con_b"), dependency("CON_a"), dependency("con_b", "con_a")),
            DEPENDING,
            dependencies(dependency("con_b")),
        ),
        (dependencies("\n", dependency("con_a"), "\n"), DEPENDING, dependencies()),
    ],
)  # fmt: skip
def test_what_was_announced_as_removed(before: bytes, removal: XmlRemoval, after: bytes) -> None:
    assert xml_as_announced(before, after, [removal]) is True
    assert xml_as_announced(before, before, [removal]) is False
    assert xml_as_announced(before, after, []) is False
    other = removal._replace(name="con_z")
    assert xml_as_announced(before, after, [other]) is False


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (references(B), references(C)),
        (references(B), references(B, "<!-- more -->")),
        (references(B), references(B, "note")),
        (references(B), references("note", B)),
        (references(B, C), references(C, B)),
        (references(B, around="<x>{}</x>"), references(B, around="<y>{}</y>")),
        (references(reference("con_b", "<x/>")), references(reference("con_b", " <x/>"))),
        # Blanks count elsewhere.
        (references(B, around="<x/>{}"), references(B, around="<x/> {}")),
        (references(B, around="<x/>{}"), references(B, around="<x> </x>{}")),
        (references(B, around="<x>&#160;{}</x>"), references(B, around="<x>{}</x>")),
        (references(B), references(B) + b"<!-- more -->"),
        (references(B), references(B)[:-1]),
    ],
)  # fmt: skip
def test_any_other_difference_in_xml_is_none_of_it(before: bytes, after: bytes) -> None:
    for removals in ([], [DECLARED], [REPEATED], [DEPENDING]):
        assert xml_as_announced(before, before, removals) is True
        assert xml_as_announced(before, after, removals) is False
        assert xml_as_announced(after, before, removals) is False


def test_xml_loads_nothing_and_grows_no_entities(tmp_path: Path) -> None:
    (tmp_path / "broken.dtd").write_text("<!ELEMENT")
    system = f'<!DOCTYPE a SYSTEM "{(tmp_path / "broken.dtd").as_uri()}"><a/>'.encode()
    assert xml_as_announced(system, system, []) is True
    deep = b"<a>" * 300 + b"</a>" * 300
    assert xml_as_announced(deep, deep, []) is False
    entity = b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'
    assert xml_as_announced(entity, b"<a>x</a>", []) is False
