from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.model import MissingDependency
from crstandards.places import Place
from crstandards.source.locator import Locator
from crstandards.source.solution import read_customizations, read_manifest
from crstandards.source.text import Offsets, SourceError
from crstandards.source.yaml import MAX_BYTES, MAX_DEPTH, Yaml, parse
from crstandards.source.yaml_layout import (
    read_components,
    read_missing,
    read_publisher,
    read_reference,
    read_solution,
)
from tests.accuracy.yaml_layout import converted
from tests.support.work import lines_run

REFERENCE = """\
connectionreference:
  '@connectionreferencelogicalname': con_outlook
  connectionreferencedisplayname: Contoso Outlook
  connectorid: /providers/Microsoft.PowerApps/apis/shared_office365
  description: "crstandards: allow CR201 two mailboxes"
  iscustomizable: 1
  statecode: 0
  statuscode: 1
"""
CUSTOM = """\
connectionreference:
  '@connectionreferencelogicalname': con_x
  connectorid: /providers/Microsoft.PowerApps/apis/shared_con-5fx-5f21dec655d73f3a8c
  customconnectorid:
    connectorid: 5f1d3c2b-0000-4000-8000-000000000001
"""
SOLUTION = """\
ImportExportXml:
  '@version': 9.2.26035.182
  '@SolutionPackageVersion': 9.2
  '@languagecode': 1033
  '@xmlns:xsi': http://www.w3.org/2001/XMLSchema-instance
  SolutionManifest:
    UniqueName: ContosoHR
    LocalizedNames:
      LocalizedName:
        '@description': Contoso HR
        '@languagecode': 1033
    Descriptions:
    Version: 1.10
    Managed: 0
    Publisher:
      UniqueName: contoso
      CustomizationPrefix: con
"""
COMPONENTS = """\
SolutionComponents:
  Component:
  - '@path': /connectionreferences/con_Outlook
  - '@path': modernflows/Hire-5f1d3c2b-0000-4000-8000-000000000001.json
  - '@path': /publishers/contoso/
"""
MISSING = """\
MissingDependencies:
  MissingDependency:
  - Required:
      '@key': 5
      '@type': connectionreference
      '@displayName': Shared
      '@solution': Active
      '@id.connectionreferencelogicalname': con_shared
    Dependent:
      '@key': 6
      '@type': 29
  - Required:
      '@type': 1
      '@schemaName': connectionreference
      '@displayName': Connection Reference
    Dependent:
      '@type': 29
  - Required:
    - '@type': connectionreference
      '@id.connectionreferencelogicalname': con_other
    - '@type': 372
      '@id.connectionreferencelogicalname': con_no
"""
PUBLISHER = """\
Publisher:
  UniqueName: contoso
  EMailAddress:
    '@xsi:nil': true
  CustomizationPrefix: con
"""
COMPONENT_PATHS = (
    "connectionreferences/con_Outlook",
    "modernflows/Hire-5f1d3c2b-0000-4000-8000-000000000001.json",
    "publishers/contoso",
)

Spell = Callable[[str], bytes]
SPELLINGS: list[tuple[str, Spell]] = [
    ("lf", str.encode),
    ("crlf", lambda text: text.replace("\n", "\r\n").encode()),
    ("bom", lambda text: text.encode("utf-8-sig")),
    ("utf-16", lambda text: text.encode("utf-16")),
    ("no at", lambda text: text.replace("'@", "'").encode()),
    ("other case", lambda text: text.replace("connection", "Connection").replace("Path", "path").encode()),
    ("comment", lambda text: ("# é𝄞\n---\n" + text).encode()),
    ("json", lambda text: yaml.dump(yaml.safe_load(text), default_flow_style=True).encode()),
    ("strings", lambda text: yaml.dump(yaml.load(text, yaml.BaseLoader), default_style='"').encode()),
]
spelled = pytest.mark.parametrize("spell", [s for _, s in SPELLINGS], ids=[name for name, _ in SPELLINGS])
POINTER = "a Git LFS pointer stands here instead of the file; fetch it with 'git lfs pull'"
ALIAS = "a YAML alias, which solution source never has"
MERGE, TAG = ALIAS.replace("alias", "merge"), ALIAS.replace("alias", "tag")
READERS = [read_reference, read_solution, read_publisher, read_components, read_missing]


@pytest.fixture(params=["with libyaml", "without"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both of PyYAML's parsers, as not every installation has the C library."""
    if request.param == "without":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML has no libyaml here")
    return str(request.param)


@spelled
def test_a_reference(spell: Spell) -> None:
    data = spell(REFERENCE)
    found = read_reference(data)
    assert found[:6] == (
        "con_outlook",
        "Contoso Outlook",
        "shared_office365",
        found.connector_id,
        "",
        "crstandards: allow CR201 two mailboxes",
    )
    assert found.connector_id.lower() == "/providers/microsoft.powerapps/apis/shared_office365"
    span = Locator("connectionreference.yml", data).locate(found.place.at)
    assert "connectionreference" in span.excerpt.lower()
    assert span.column == 1


def test_a_custom_connectors_reference() -> None:
    found = read_reference(CUSTOM.encode())
    assert (found.connector, found.custom_connector) == (
        "shared_con-5fx",
        "5f1d3c2b-0000-4000-8000-000000000001",
    )
    flat = CUSTOM.replace("customconnectorid:\n    connectorid:", "customconnectorid:")
    assert read_reference(flat.encode()) == found


@pytest.mark.parametrize(
    "text",
    [
        "connectionreference:\n- '@connectionreferencelogicalname': con_a\n",
        "connectionreference: {'@connectionreferencelogicalname': con_a, description: , connectorid: ~}",
        "connectionreference: {'@connectionreferencelogicalname': con_a, description: {'@xsi:nil': true}}",
    ],
)
def test_little_is_needed(text: str) -> None:
    assert read_reference(text.encode())[:6] == ("con_a", "", "", "", "", "")


@spelled
def test_a_solution(spell: Spell) -> None:
    facts = read_solution(spell(SOLUTION))
    assert facts is not None
    assert (facts.unique_name, facts.managed, facts.prefix, facts.missing) == ("ContosoHR", False, "con", ())


def test_a_version_keeps_its_zero() -> None:
    facts = read_solution(SOLUTION.encode())
    assert facts is not None
    assert facts.version == "1.10"


@pytest.mark.parametrize(
    ("managed", "expected"),
    [("1", True), ("'1'", True), ("true", True), ("0", False), ("2", False), ("", False), ("false", False)],
)
def test_managed(managed: str, expected: bool) -> None:
    facts = read_solution(SOLUTION.replace("Managed: 0", f"Managed: {managed}").encode())
    assert facts is not None
    assert facts.managed is expected


def test_keys_that_nobody_asks_for_may_differ_by_letter_case() -> None:
    text = SOLUTION.replace(
        "    UniqueName: ContosoHR\n", "    UniqueName: ContosoHR\n    note: 1\n    '@Note': 2\n"
    )
    assert text != SOLUTION
    facts = read_solution(text.encode())
    assert facts is not None
    assert facts.unique_name == "ContosoHR"


def test_a_solution_says_only_what_it_says() -> None:
    bare = (
        "ImportExportXml:\n  SolutionManifest:\n    UniqueName: no\n    Publisher:\n      UniqueName: con\n"
    )
    found = read_solution(bare.encode())
    assert found is not None
    assert found[:5] == ("no", "", False, "", ())
    inside = bare + "    " + MISSING.replace("\n", "\n    ").rstrip()
    facts = read_solution(inside.encode())
    assert facts is not None
    assert [missing.logical_name for missing in facts.missing] == ["con_shared", "con_other"]


@pytest.mark.parametrize(
    "text",
    [
        "x: 1",
        "- x",
        "x",
        "# nothing",
        "ImportExportXml:",
        "ImportExportXml: {SolutionManifest: }",
        "ImportExportXml: {SolutionManifest: []}",
        "SolutionManifest: {UniqueName: x}",
    ],
)
def test_other_yaml_is_no_solution(text: str) -> None:
    assert read_solution(text.encode()) is None
    assert read_publisher(text.encode()) == ""


@spelled
def test_a_publisher(spell: Spell) -> None:
    assert read_publisher(spell(PUBLISHER)) == "con"


@spelled
def test_components(spell: Spell) -> None:
    found = paths(spell(COMPONENTS))
    assert [path.lower() for path in found] == [path.lower() for path in COMPONENT_PATHS]


def paths(data: bytes) -> tuple[str, ...]:
    return tuple(component.path for component in read_components(data))


def test_where_a_component_is_named() -> None:
    data = COMPONENTS.encode("utf-8-sig")
    lines = [data[found.offset :].split(b"\n")[0].strip() for found in read_components(data)]
    assert all(path.encode() in line for line, path in zip(lines, COMPONENT_PATHS, strict=True))
    assert all(b"@path" in line for line in lines)


def test_components_keep_their_letter_case() -> None:
    assert paths(COMPONENTS.encode()) == COMPONENT_PATHS
    assert paths(b"- Path: /X/BOX/") == ("X/BOX",)


@pytest.mark.parametrize(
    "spelled",
    [
        *("/a/b/", "./a/b", "a//b", "//a/b", "a/./b", "a/x/../b", "../a/b", "/../a/b"),
        *("a\\b", "\\a\\b\\", ".\\a\\b", "\\\\a//b", "a\\.\\b", "  a/b  "),
    ],
)
def test_a_path_has_one_plain_spelling(spelled: str) -> None:
    assert paths(f"- Path: '{spelled}'\n".encode()) == ("a/b",)


@pytest.mark.parametrize(
    "text",
    [
        "- Path: entities/a\n",
        "- entities/a\n",
        "SolutionComponents:\n- Path: /entities/a\n",
        "SolutionComponents:\n  Component:\n    '@path': /entities/a\n",
        "SolutionComponents:\n  Component: entities/a\n",
        "SolutionComponents: {Component: ['entities/a/']}",
        "SolutionComponents:\n  Component:\n    '@path': {'#text': /entities/a}\n",
    ],
)
def test_one_component_in_other_shapes(text: str) -> None:
    assert paths(text.encode()) == ("entities/a",)


@pytest.mark.parametrize(
    "text",
    [
        "SolutionComponents:\n",
        "SolutionComponents: {}\n",
        "SolutionComponents:\n  Component:\n",
        "SolutionComponents:\n  Component: {}\n",
        "SolutionComponents:\n  Component: []\n",
        "SolutionComponents:\n  '@xsi:nil': true\n  '@xmlns:xsi': http://www.w3.org/2001/XMLSchema-instance\n",
        "[]\n",
        "{}\n",
        "# no components\n",
        "---\n...\n",
    ],
)
def test_no_components(text: str) -> None:
    assert read_components(text.encode()) == ()
    assert (
        read_missing(
            text.replace("SolutionComponents", "MissingDependencies")
            .replace("Component", "MissingDependency")
            .encode()
        )
        == ()
    )


@pytest.mark.parametrize("spell", [spell for name, spell in SPELLINGS if name != "other case"])
def test_missing_dependencies(spell: Spell) -> None:
    found = read_missing(spell(MISSING))
    assert [item[:2] for item in found] == [("con_shared", "Active"), ("con_other", "")]


def test_the_place_of_a_missing_dependency() -> None:
    data = ("# é\n" + MISSING).encode("utf-8-sig")
    first, second = read_missing(data)
    assert data[first.place.at :].startswith(b"'@key': 5")
    assert data[second.place.at :].startswith(b"'@type': connectionreference")


@pytest.mark.parametrize(
    ("read", "text", "reason", "at"),
    [
        (read_reference, "connectionreference:", "not one connection reference", 0),
        (read_reference, "# x\nother: 1", "not one connection reference", 4),
        (read_reference, "connectionreference: [{}, {x: 1}, {y: 2}]", "not one connection reference", 0),
        (
            read_reference,
            "connectionreference: con_a",
            "a <connectionreference> without its logical name",
            21,
        ),
        (
            read_reference,
            "connectionreference:\n  connectorid: x",
            "a <connectionreference> without its logical name",
            23,
        ),
        (read_components, "Solutions: []", "no SolutionComponents in it", 0),
        (read_components, "entities/a", "no SolutionComponents in it", 0),
        (read_components, "SolutionComponents:\n  Other: x", "a component without a path", 22),
        (
            read_components,
            "SolutionComponents:\n  Component:\n  - '@path': /\n",
            "a component without a path",
            37,
        ),
        (read_components, "- Path: a\n-\n", "a component without a path", 11),
        (
            read_components,
            "- path: a\n  '@path': b\n",
            "the keys 'path' and '@path' stand in one object, and nobody knows which of them counts",
            21,
        ),
        (
            read_components,
            "SolutionComponents: {}\nsolutioncomponents: []",
            "the keys 'SolutionComponents' and 'solutioncomponents' stand in one object, "
            "and nobody knows which of them counts",
            43,
        ),
        (
            read_reference,
            "connectionreference: {connectionreferencelogicalname: c, ConnectorId: a, connectorid: b}",
            "the keys 'ConnectorId' and 'connectorid' stand in one object, "
            "and nobody knows which of them counts",
            86,
        ),
        (read_missing, "- x", "no MissingDependencies in it", 0),
        (read_missing, "Missing: {}", "no MissingDependencies in it", 0),
        (read_missing, "MissingDependencies:\n  Required: {}", "no MissingDependency in it", 23),
    ],
)
def test_what_is_something_else(read: Callable[[bytes], object], text: str, reason: str, at: int) -> None:
    with pytest.raises(SourceError) as caught:
        read(text.encode())
    assert (caught.value.reason, caught.value.at) == (reason, at)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("data", "reason", "at"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", POINTER, None),
        (b"a: \xff", "not UTF-8 text: invalid start byte", 3),
        (b"\xef\xbb\xbfa: [", "not YAML", 7),
        (b"\ta: 1", "not YAML", 0),
        (b"a: b: c", "not YAML", 4),
        (b"a:\n- b\n<<<<<<< x\n- c: 1\n=======", "not YAML: the marks of a merge conflict stand in it", 7),
        (b"<<<<<<< x\na: 1\n=======\n", "not YAML: the marks of a merge conflict stand in it", 0),
        ("é: \x07".encode(), "not YAML: a control character stands in it", 4),
        (b"a: 1\n---\nb: 2", "more than one YAML document", 5),
        (b"a: &x 1\nb: *x", ALIAS, 11),
        (b"a: &x [*x]", ALIAS, 7),
        (b"<<: *x", MERGE, 0),
        (b"a: {<<: {b: 1}}", MERGE, 4),
        (b"a: !!binary Yg==", TAG, 3),
        (b"a: !x {b: 1}", TAG, 3),
        (b"a: 1\nb: {c: 1, d: 2, c: 3}", "the key 'c' stands twice", 21),
        (b"a: 1\n'a': 2", "the key 'a' stands twice", 5),
        (b"? [a]\n: 1", "a key is not plain text", 2),
        (b'a: "\\ud800"', "not YAML", None),
        (b"[" * 100_000, "nested too deep to be read", 100),
        (b"- " * 100_000, "nested too deep to be read", 200),
        (b"{a: " * 100_000, "nested too deep to be read", 400),
    ],
)
def test_what_cannot_be_read(
    read: Callable[[bytes], object], data: bytes, reason: str, at: int | None
) -> None:
    with pytest.raises(SourceError) as caught:
        read(data)
    assert (caught.value.reason, caught.value.at) == (reason, at)


@pytest.mark.parametrize("read", [reader for reader in READERS if reader is not read_missing])
def test_nothing_is_no_source(read: Callable[[bytes], object]) -> None:
    with pytest.raises(SourceError, match="the file is empty"):
        read(b"")


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\xef\xbb\xbf", b"# none\n", b"{}"])
def test_where_no_dependency_is_missing_nothing_may_stand(data: bytes) -> None:
    assert read_missing(data) == ()


def test_the_limits_of_yaml() -> None:
    depth = MAX_DEPTH
    assert (depth, MAX_BYTES) == (100, 8 * 1024 * 1024)
    assert parse(b"[" * depth + b"]" * depth).offset == 0
    with pytest.raises(SourceError, match="nested too deep to be read"):
        parse(b"[" * (depth + 1) + b"]" * (depth + 1))


def test_a_document_of_nothing_begins_where_the_file_does() -> None:
    found = parse(b"# nothing")
    assert (found.value, found.offset) == ("", 0)
    with pytest.raises(SourceError) as caught:
        read_reference(b"# nothing")
    assert (caught.value.reason, caught.value.at) == ("not one connection reference", 0)


def test_blanks_around_a_value_are_none_of_it() -> None:
    text = "connectionreference: {'@connectionreferencelogicalname': ' con_a ', description: ' x '}"
    assert read_reference(text.encode())[:6] == ("con_a", "", "", "", "", "x")


def test_what_is_nothing_but_for_a_mark_of_nothing_is_something() -> None:
    """An element may say that it is no `nil`, and hold more."""
    text = "SolutionComponents:\n  Component:\n    '@xsi:nil': false\n    '@path': /entities/a\n"
    assert paths(text.encode()) == ("entities/a",)
    text = "SolutionComponents:\n  '@xmlns:x': y\n  Component: entities/a\n"
    assert paths(text.encode()) == ("entities/a",)


def test_a_sign_at_the_end_of_a_key_is_part_of_it() -> None:
    assert read_publisher(b"Publisher: {CustomizationPrefix@: con}") == ""


def test_nothing_is_constructed() -> None:
    value = parse(b"c: 2026-01-01\nd: yes\ne: 0x1F\n").value
    assert not isinstance(value, (str, tuple))
    assert [value[key].value for key in "cde"] == ["2026-01-01", "yes", "0x1F"]
    with pytest.raises(SourceError, match=TAG):
        parse(b"a: !!python/object/apply:os.system [exit 1]\n")


def test_an_anchor_alone_is_harmless() -> None:
    assert read_publisher(b"Publisher: &x {CustomizationPrefix: &y con}") == "con"


@pytest.mark.parametrize("text", ["~", "null", "Null", "NULL", ""])
def test_nothing_is_the_empty_text(text: str) -> None:
    assert read_publisher(f"Publisher: {{CustomizationPrefix: {text}}}".encode()) == ""
    assert read_publisher(f"Publisher: {{CustomizationPrefix: '{text}'}}".encode()) == text


VALUES = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("aé𝄞@.", max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


def plain(node: Yaml) -> Any:
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    return {key: plain(value) for key, value in node.value.items()}


@given(VALUES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
def test_what_pyyaml_writes_is_read_back(value: Any, encoding: str, flow: bool) -> None:
    text = yaml.dump(value, default_style="'", default_flow_style=flow, allow_unicode=True)
    data = text.encode(encoding)
    assert plain(parse(data)) == value


@given(
    text=st.text("ab:\né𝄞", max_size=20),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    data=st.data(),
)
def test_places_may_be_asked_for_in_any_order(text: str, encoding: str, data: st.DataObject) -> None:
    written = text.encode(encoding)
    mark = len(written) - len(text.encode("utf-16-le" if encoding == "utf-16" else "utf-8"))
    offsets = Offsets(written, text)
    for index in data.draw(st.permutations(range(len(text) + 1))):
        before = text[:index].encode("utf-16-le" if encoding == "utf-16" else "utf-8")
        assert offsets.at(index) == mark + len(before)


PIECES = (
    *("- ", "  ", " ", "a: b", "'@path': /x", ":", ": ", "'", "''", "{}", "[]", "{", "é", "\u2028", "\x85"),
    *("\ufeff", "...", "---", "#", " #", "\t", "null", "~", "a:b: c", "http://x", "=", "<<", "!", "&a", "*a"),
    *("|", ">", "?", ",", "\n", "\n", "\r\n", "\r", "\n\n", "a: 1\n", "- x\n", "  - x\n", "x\n"),
    *("%", "@", "`", '"', "\\"),
)


@settings(max_examples=500)
@given(st.sampled_from([REFERENCE, CUSTOM, SOLUTION, COMPONENTS, MISSING, PUBLISHER]), st.data())
def test_the_c_library_proves_and_never_says_anything_else(text: str, data: st.DataObject) -> None:
    """Of what it may read, it finds what the other parser does; whatever it refuses, that one speaks of."""
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        end = at + data.draw(st.sampled_from([0, 0, 0, 1, 2, 9]))
        text = text[:at] + data.draw(st.sampled_from(PIECES)) + text[end:]
    found = outcome(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CSafeLoader", raising=False)
        assert outcome(text) == found


def outcome(text: str) -> object:
    """All that a document says, with places, or what is wrong with it."""

    def said(node: Yaml) -> object:
        if isinstance(node.value, str):
            return node.value, node.offset
        if isinstance(node.value, tuple):
            return [*map(said, node.value)], node.offset
        return [(key, said(value)) for key, value in node.value.items()], node.offset

    try:
        return said(parse(text.encode()))
    except SourceError as error:
        return error.reason, error.at


@given(st.text("ab:- \n#'\"{}[],&*!|>?%\\é𝄞\t", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(SourceError):
        plain(parse(text.encode()))


def test_a_list_of_twice_the_length_takes_twice_the_work(loader: str) -> None:
    def work(paths: int) -> int:
        text = "SolutionComponents:\n  Component:\n" + "  - '@path': /entities/é\n" * paths
        return lines_run(lambda: read_components(text.encode()))

    assert work(400) < 2.1 * work(200)


def test_yaml_is_imported_only_to_read_it() -> None:
    code = "import sys, crstandards.source.yaml_layout as d, crstandards.source.apps as a; "
    code += "a.read_agent_uses(b'x: 1'); print('yaml' in sys.modules); "
    code += "d.read_missing(b'{}'); print('yaml' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True"]


def test_the_corpus_says_the_same_as_yaml(corpus: Path) -> None:
    """It holds no source in this layout, so its XML is rewritten as the service writes it."""
    assert not [
        path for path in corpus.rglob("*.yml") if path.name in ("solution.yml", "connectionreference.yml")
    ]
    manifests = references = missing = 0
    for path in sorted(corpus.rglob("*.xml")):
        if path.name.lower() == "solution.xml":
            data = path.read_bytes()
            expected = read_manifest(data)
            root = ElementTree.fromstring(data)
            found = read_solution(dumped(root))
            if expected is None:
                assert found is None
                continue
            assert found is not None
            assert found._replace(missing=unplaced(found.missing)) == expected._replace(
                missing=unplaced(expected.missing), connectors=expected.connectors
            )
            manifests += 1
            element = root.find("SolutionManifest/MissingDependencies")
            if element is not None:
                listed = read_missing(dumped(element))
                assert unplaced(listed) == unplaced(expected.missing)
                missing += len(listed)
        elif path.name.lower() == "customizations.xml":
            data = path.read_bytes()
            elements = ElementTree.fromstring(data).findall("connectionreferences/connectionreference")
            declared = read_customizations(data).references
            assert [read_reference(dumped(element))._replace(place=Place("")) for element in elements] == [
                item._replace(place=Place(""), content=()) for item in declared
            ]
            references += len(elements)
    assert (manifests, references, missing) == (103, 198, 11)


def unplaced(missing: tuple[MissingDependency, ...]) -> tuple[MissingDependency, ...]:
    return tuple(item._replace(place=Place("")) for item in missing)


def dumped(element: ElementTree.Element) -> bytes:
    return yaml.dump({element.tag: converted(element)}, sort_keys=False, allow_unicode=True).encode()
