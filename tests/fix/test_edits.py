"""Edits of text become edits of bytes, and touch nothing else; what XML elements take with them."""

from __future__ import annotations

import pytest

from crstandards.fixes.edits import (
    CannotEdit,
    TextEdit,
    editable_text,
    element_end,
    remove_elements,
    spliced,
)

TEXT = "aä🙂z"
ENCODED = {
    "utf-8": TEXT.encode(),
    "utf-8 with mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "utf-16-le": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "utf-16-be": b"\xfe\xff" + TEXT.encode("utf-16-be"),
}
PLACES = {
    "utf-8": (0, 1, 3, 7, 8),
    "utf-8 with mark": (3, 4, 6, 10, 11),
    "utf-16-le": (2, 4, 6, 10, 12),
    "utf-16-be": (2, 4, 6, 10, 12),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_each_character_has_its_bytes(encoding: str) -> None:
    data, places = ENCODED[encoding], PLACES[encoding]
    codec = encoding.partition(" ")[0]
    assert editable_text(data) == TEXT
    for start in range(5):
        for end in range(start, 5):
            mark = data[: places[0]]
            after = spliced(data, TEXT, [TextEdit(start, end, "é")])
            assert after == data[: places[start]] + "é".encode(codec) + data[places[end] :]
            assert after == mark + f"{TEXT[:start]}é{TEXT[end:]}".encode(codec)


LATIN = b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe4</a>'
TWICE = b'<?xml version="1.0" encoding="cp932"?><a>\xee\xf9</a>'


def test_what_cannot_be_written_is_said_in_full() -> None:
    with pytest.raises(CannotEdit) as overlapping:
        spliced(b"abc", "abc", [TextEdit(0, 2, ""), TextEdit(1, 3, "")])
    with pytest.raises(CannotEdit) as unwritable:
        spliced(LATIN, editable_text(LATIN), [TextEdit(0, 0, "\u0416")])
    with pytest.raises(CannotEdit) as ambiguous:
        editable_text(TWICE)
    with pytest.raises(CannotEdit) as no_text:
        editable_text(b"\xff\xfea\0b")
    with pytest.raises(CannotEdit) as empty:
        editable_text(b"")
    assert [item.value.reason for item in (overlapping, unwritable, ambiguous, no_text, empty)] == [
        "two edits overlap",
        "'\u0416' cannot be written in iso-8859-1",
        "its cp932 text cannot be written back as it stands",
        "not UTF-16-LE text: truncated data",
        "the file is empty",
    ]


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("<a/>", "<a/>"),
        ("<a />x", "<a />"),
        ("<a></a></b>", "<a></a>"),
        ("<a>x<a>y</a></a><a/>", "<a>x<a>y</a></a>"),
        ("<a><b/><c></c></a>", "<a><b/><c></c></a>"),
        ("<a><b><c/></b></a></d>", "<a><b><c/></b></a>"),
        ("<a x='>' y=\"/>\" z='</a>'>\n</a>", "<a x='>' y=\"/>\" z='</a>'>\n</a>"),
        ("<a><!-- </a> <b> --></a>", "<a><!-- </a> <b> --></a>"),
        ("<a><!--\n</a>--><!----></a>", "<a><!--\n</a>--><!----></a>"),
        ("<a><![CDATA[</a><b>]]></a>", "<a><![CDATA[</a><b>]]></a>"),
        ("<a><?pi </a> ?></a>", "<a><?pi </a> ?></a>"),
        ("<a\n>/></a>", "<a\n>/></a>"),
    ],
)
def test_an_element_ends_with_its_own_tag(text: str, element: str) -> None:
    for before in ("", "<x>", "text "):
        assert element_end(before + text, len(before)) == len(before + element)


@pytest.mark.parametrize("text", ["", " <a/>", "x<a></a>", "<a>", "<a><b></a>", "<a", "<!-- --> ", "<?x?>"])
def test_what_does_not_end_is_not_followed(text: str) -> None:
    with pytest.raises(CannotEdit) as refused:
        element_end(text, 0)
    assert refused.value.reason == "its XML cannot be followed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<r>\n <x/>\n <y/>\n</r>", "<r>\n <y/>\n</r>"),
        ("<r>\r\n\t <x/>\r\n</r>", "<r>\r\n</r>"),
        ("<r>\n<x/> \t\r\n</r>\n", "<r>\n</r>\n"),
        ("<r>\n<x/> \t\n</r>\n", "<r>\n</r>\n"),
        ("\n <x/>\n<y/>", "\n<y/>"),
        ("<x/>\n<y/>", "<y/>"),
        ("<r><x/></r>", "<r></r>"),
        ("<r> <x/>\n</r>", "<r> \n</r>"),
        ("<r>\n <x/></r>\n", "<r>\n </r>\n"),
        ("<r>\n <x/> <y/>\n</r>", "<r>\n  <y/>\n</r>"),
        ("<r>\n <y/> <x/>\n</r>", "<r>\n <y/> \n</r>"),
        ("<r>\n <y/><x/> \n</r>", "<r>\n <y/> \n</r>"),
        ("<r>\n note <x/>\n</r>", "<r>\n note \n</r>"),
        ("<r>\n <x/> note\n</r>", "<r>\n  note\n</r>"),
        # This blank is text to XML.
        ("<r>\n\u00a0<x/>\n</r>", "<r>\n\u00a0\n</r>"),
        ("<r>\n<x/>\u00a0\n</r>", "<r>\n\u00a0\n</r>"),
        ("<r>\n  <x/>", "<r>\n  "),
        ("<r>\n  <x/> ", "<r>\n   "),
        ("<r>\n <x>\n</x>\n</r>", "<r>\n</r>"),
    ],
)
def test_an_element_goes_with_the_lines_that_it_has_for_itself(text: str, expected: str) -> None:
    (edit,) = remove_elements(text, [text.index("<x")])
    assert edit.new == ""
    assert text[: edit.start] + text[edit.end :] == expected
