from __future__ import annotations

import pytest

from crstandards.source.text import SourceError
from crstandards.source.xml import MAX_DEPTH, Attributes, elements, first_tag, scan
from tests.support.written import ENCODINGS, encode


def events(data: bytes, begin_at: int = 0) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []

    def start(name: str, attributes: Attributes, offset: int) -> None:
        found.append(("start", name, attributes, offset))

    scan(data, start, lambda name, text: found.append(("end", name, text)), begin_at)
    return found


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_elements_come_with_their_bytes_and_their_text(encoding: str) -> None:
    text = "<a>\r\n <b\r\n\tc='é&amp;😀'>x<!-- y --><![CDATA[<z>]]>&#65;</b>é</a>"
    data = encode(text, encoding)
    assert events(data) == [
        ("start", "a", {}, len(encode("", encoding))),
        ("start", "b", {"c": "é&😀"}, len(encode(text[: text.index("<b")], encoding))),
        ("end", "b", "x<z>A"),
        ("end", "a", "é"),
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_events_can_begin_at_any_byte(encoding: str) -> None:
    text = "<?p <t?><r><!-- <t --><a b='é'><![CDATA[ <t> ]]></a>\r\n<t c='1'>x</t></r>"
    data = encode(text, encoding)
    last = len(encode(text[: text.index("<t c")], encoding))
    a = len(encode(text[: text.index("<a")], encoding))
    for begin_at in range(last + 1):
        names = [event[:2] for event in events(data, begin_at)]
        # Nothing of what begins later is missed.
        assert names[-3:] == [("start", "t"), ("end", "t"), ("end", "r")]
        assert ("start", "a") in names or begin_at > a
        assert events(data, begin_at)[-3:-1] == [("start", "t", {"c": "1"}, last), ("end", "t", "x")]
    assert first_tag(data, "<t") <= last


def test_a_tag_that_is_not_there_is_looked_for_to_the_end() -> None:
    assert first_tag(b"<a><b/></a>", "<c") == 11
    assert (first_tag(b"<a><a/></a>", "<a"), first_tag(b"<b><a/><a/></b>", "<a")) == (0, 3)
    assert events(b"<a><b/></a>", 11) == []


@pytest.mark.parametrize("begin_at", [0, 4, 7, 100])
@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("<a>\n<b></a>", "mismatched tag", 9),
        ("<a>\n<b", "unclosed token", 4),
        ("<a>\n  ", "no element found", 6),
        ("<a>\n&nbsp;</a>", "undefined entity", 4),
        ("<a>\n</a><b/>", "junk after document element", 8),
        ("<a>\n<b c=1/></a>", "not well-formed (invalid token)", 9),
        ("<a>\n<b c='<connectionreference'/></a>", "not well-formed (invalid token)", 10),
        ("<a>\n<b c='1' c='2'/></a>", "duplicate attribute", 13),
        ("{}", "not well-formed (invalid token)", 0),
        ("<<<<<<< HEAD\n<a/>", "the marks of a merge conflict stand in it", 0),
        ("<a>\n<<<<<<< HEAD\n<b/>\n=======\n>>>>>>> x\n</a>", "the marks of a merge conflict stand in it", 4),
        (
            '<?xml version="1.0" encoding="utf-16"?>\n<a/>',
            "encoding specified in XML declaration is incorrect",
            30,
        ),
        ('<?xml version="1.0" encoding="nonsense"?>\n<a/>', "unknown encoding", 30),
        ('<?xml version="1.0" encoding="idna"?>\n<a/>', "unknown encoding", 30),
        ('<?xml version="1.0" encoding="shift_jis"?>\n<a/>', "unknown encoding", 30),
    ],
)
def test_a_fault_is_named_and_placed(text: str, reason: str, at: int, begin_at: int) -> None:
    with pytest.raises(SourceError) as raised:
        events(text.encode(), min(begin_at, len(text)))
    assert (raised.value.reason, raised.value.at) == (f"not XML: {reason}", at)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf\r\n", b"\0\0\0\0"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError) as raised:
        events(data)
    assert (raised.value.reason, raised.value.at) == ("the file is empty", None)


def test_bytes_of_another_encoding_are_refused() -> None:
    with pytest.raises(SourceError) as raised:
        events(b'<?xml version="1.0" encoding="utf-8"?>\n<a b="\xe9"/>')
    assert raised.value.at == 45


def test_a_declared_character_set_is_read() -> None:
    data = '<?xml version="1.0" encoding="windows-1252"?>\r\n<a b="é€"><c/></a>'.encode("cp1252")
    assert events(data)[:2] == [("start", "a", {"b": "é€"}, 47), ("start", "c", {}, 57)]


DOCTYPE = "a DOCTYPE stands in it, which solution source never has"
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
    + "]>\n<lolz>&lol9;</lolz>"
)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE a>\n<a/>",
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">\n<a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<a>&x;</a>',
        BOMB,
    ],
    ids=["bare", "external", "external entity", "bomb"],
)
@pytest.mark.parametrize("is_late", [False, True])
def test_a_doctype_is_refused_where_it_stands(doctype: str, encoding: str, is_late: bool) -> None:
    data = encode(f'<?xml version="1.0"?>\n{doctype}', encoding)
    with pytest.raises(SourceError) as raised:
        events(data, len(data) if is_late else 0)
    assert raised.value.reason == DOCTYPE
    assert raised.value.at == len(encode('<?xml version="1.0"?>\n', encoding))


@pytest.mark.parametrize("before", ["", "<!-- <!DOCTYPE b> -->", "\n"])
def test_the_place_of_a_doctype_is_its_own(before: str) -> None:
    with pytest.raises(SourceError) as raised:
        events(f"{before}<!DOCTYPE a><a/>".encode())
    assert (raised.value.reason, raised.value.at) == (DOCTYPE, len(before))


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("is_closed", [False, True])
def test_nesting_without_end_is_refused(is_closed: bool, is_late: bool) -> None:
    data = b"<a>" * 200_000 + (b"</a>" * 200_000 if is_closed else b"")
    with pytest.raises(SourceError) as raised:
        events(data, len(data) if is_late else 0)
    assert raised.value.reason == "nested too deep to be read: more than 1000 levels"
    assert raised.value.at == 3 * MAX_DEPTH


def test_many_elements_are_no_nesting() -> None:
    count = 100_000
    found = events(b"<r>" + b"<a></a>" * count + b"<t/></r>", 3 + 7 * count)
    assert [event[1] for event in found] == ["t", "t", "r"]


def test_the_limit_of_nesting() -> None:
    assert len(events(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH)) == 2 * MAX_DEPTH
    with pytest.raises(SourceError) as raised:
        events(b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1))
    assert raised.value.reason == "nested too deep to be read: more than 1000 levels"
    assert raised.value.at == 3 * MAX_DEPTH


def test_the_limit_of_nesting_where_events_begin_late() -> None:
    """What opens in one piece of the document may close in another."""

    def deep(depth: int) -> bytes:
        return b"<a>" * depth + b" " * (1 << 16) + b"</a>" * depth

    assert events(deep(MAX_DEPTH), len(deep(MAX_DEPTH))) == []
    data = deep(MAX_DEPTH + 1)
    with pytest.raises(SourceError) as raised:
        events(data, len(data))
    assert (raised.value.reason[:15], raised.value.at) == ("nested too deep", 3 * MAX_DEPTH)


def test_elements_of_a_name_come_with_all_that_is_in_them() -> None:
    data = b"<r><a x='1'> A <b> 1 </b><c><b>2</b></c><a/> B </a><d><a/></d><b/></r>"
    first, second = elements(data, "a")
    assert (first.name, first.attributes, first.offset, first.depth, first.parent) == (
        "a",
        {"x": "1"},
        3,
        1,
        "r",
    )
    assert (second.offset, second.depth, second.parent, second.children) == (
        data.index(b"<d>") + 3,
        2,
        "d",
        [],
    )
    # Those inside another one are not listed; of its text, the part behind the last child is known.
    assert [child.name for child in first.children] == ["b", "c", "a"]
    assert (first.text, first.text_at("b"), first.text_at("c", "b"), first.text_at("x")) == (
        " B ",
        "1",
        "2",
        "",
    )
    assert (first.all(), first.all("c", "b", "x")) == ([first], [])


def test_of_elements_behind_the_first_tag_the_depth_is_known() -> None:
    data = b"<r><x><y></y></x><p><a/></p><a/></r>"
    assert [(item.depth, item.parent) for item in elements(data, "a")] == [(2, "p"), (1, "r")]
    for first in ("</y", "</x", "<p", "<a"):
        assert [item.depth for item in elements(data, "a", first)] == [2, 1]
    assert [item.parent for item in elements(data, "a", "<p")] == ["p", ""]
    assert elements(data, "a", "<z") == []
