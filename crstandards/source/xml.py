"""XML by expat: one pass, byte offsets at hand, a DOCTYPE refused.

expat costs 1 ms to import where lxml costs over 30, and tells exactly where an element begins.
"""

from __future__ import annotations

from xml.parsers import expat

from crstandards.source.text import CONFLICT, SourceError, conflict_at, encoding_of, refuse_placeholder

# Read by the type checker alone: a commit waits for what is imported here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Start = Callable[[str, "Attributes", int], None]
    End = Callable[[str, str], None]

MAX_BYTES = 128 * 1024 * 1024
MAX_DEPTH = 1000
_STEP = 1 << 16

Attributes = dict[str, str]


def scan(data: bytes, start: Start, end: End, begin_at: int = 0) -> None:
    """Read a document, calling `start(name, attributes, byte offset)` and `end(name, own text)`.

    The text is what stands in the element after its last child. Events begin with the first element
    at or after the byte `begin_at`: what lies before is only checked for well-formedness, which is
    many times faster. Raises SourceError, with the byte offset of the fault.
    """
    refuse_placeholder(data)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    pieces: list[str] = []
    depth = 0
    if begin_at and _looks_deep(data):
        # The elements before it have to be counted, too.
        begin_at = 0

    def refuse_doctype(*_: object) -> None:
        tag = "<!DOCTYPE".encode(_plain_encoding(data))
        at = max(data.rfind(tag, 0, parser.CurrentByteIndex), 0)
        raise SourceError("a DOCTYPE stands in it, which solution source never has", at)

    def on_start(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise SourceError(
                f"nested too deep to be read: more than {MAX_DEPTH} levels", parser.CurrentByteIndex
            )
        pieces.clear()
        start(name, attributes, parser.CurrentByteIndex)

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name, "".join(pieces))
        pieces.clear()

    parser.StartDoctypeDeclHandler = refuse_doctype
    try:
        if begin_at:
            parser.Parse(memoryview(data)[:begin_at], False)
        parser.StartElementHandler = on_start
        parser.EndElementHandler = on_end
        parser.CharacterDataHandler = pieces.append
        parser.Parse(memoryview(data)[begin_at:] if begin_at else data, True)
    except expat.ExpatError as error:
        at = max(parser.ErrorByteIndex, 0)
        mark = conflict_at(data.decode("latin-1"), at)
        fault = expat.ErrorString(error.code) if mark is None else CONFLICT
        raise SourceError(f"not XML: {fault}", at if mark is None else mark) from None
    except (ValueError, LookupError):
        # pyexpat raises these for a declared encoding that Python does not know, in changing words.
        raise SourceError("not XML: unknown encoding", parser.ErrorByteIndex) from None
    finally:
        # They know the parser, which knows them: without this, the document would stay in memory.
        parser.StartDoctypeDeclHandler = None
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None


class Node:
    """An element of XML, or what YAML has in its place. `offset` is the byte at which it begins, `text` what
    stands in it: behind the last child, where there are some.
    """

    offset: int
    text: str
    if TYPE_CHECKING:

        def called(self, name: str) -> Sequence[Node]:
            """The nodes of a name directly in this one."""

        def attribute(self, name: str) -> str:
            """What an attribute says; "" where it is not there."""

    def all(self, *path: str) -> list[Node]:
        """The nodes that a path of names leads to from here."""
        found = [self]
        for name in path:
            found = [inner for node in found for inner in node.called(name)]
        return found

    def texts(self, *path: str) -> list[tuple[str, int]]:
        """The texts of the nodes that a path leads to, each with the byte where the node begins."""
        return [(node.text.strip(), node.offset) for node in self.all(*path)]

    def text_at(self, *path: str) -> str:
        """The text of the first node that a path leads to, without blanks around it; "" if none."""
        return next((node.text.strip() for node in self.all(*path)), "")


class Element(Node):
    """An element and all in it; the root's `depth` is 0."""

    def __init__(self, name: str, attributes: Attributes, offset: int, depth: int, parent: str) -> None:
        self.name, self.attributes, self.offset = name, attributes, offset
        self.depth, self.parent = depth, parent
        self.text = ""
        self.children: list[Element] = []

    def called(self, name: str) -> Sequence[Node]:
        """The child elements of a name."""
        return [child for child in self.children if child.name == name]

    def attribute(self, name: str) -> str:
        """What an attribute says; "" where it is not there."""
        return self.attributes.get(name, "")


def elements(data: bytes, name: str | tuple[str, ...], *first: str) -> list[Element]:
    """The elements of a name, or of some, in document order, but those inside another one of them.

    With `first`, what lies before the first tag that begins so is passed over: of an element's parent
    nothing is known then where it lies there. Raises SourceError as `scan` does.
    """
    wanted = (name,) if isinstance(name, str) else name
    found: list[Element] = []
    inside: list[Element] = []
    path: list[str] = []
    above = 0

    def start(tag: str, attributes: Attributes, offset: int) -> None:
        if inside or tag in wanted:
            siblings = inside[-1].children if inside else found
            parent = path[-1] if path else ""
            siblings.append(Element(tag, attributes, offset, len(path) - above, parent))
            inside.append(siblings[-1])
        path.append(tag)

    def end(tag: str, text: str) -> None:
        nonlocal above
        if inside:
            inside.pop().text = text
        if path:
            path.pop()
        else:
            # It was opened before the events began.
            above += 1

    scan(data, start, end, min((first_tag(data, tag) for tag in first), default=0))
    for element in found:
        element.depth += above
    return found


def _looks_deep(data: bytes) -> bool:
    """Whether more elements than may nest seem to be open somewhere: a quick estimate by their marks."""
    depth = 0
    for start in range(0, len(data), _STEP):
        # A start tag has one "<"; what closes it has another one and a "/".
        depth += data.count(b"<", start, start + _STEP) - 2 * data.count(b"/", start, start + _STEP)
        if depth > MAX_DEPTH:
            return True
    return False


def first_tag(data: bytes, tag: str) -> int:
    """The byte offset of the first occurrence of a tag's beginning; the document's length if none."""
    found = data.find(tag.encode(_plain_encoding(data)))
    return found if found >= 0 else len(data)


def _plain_encoding(data: bytes) -> str:
    """The encoding of a document's markup: in most, that is ASCII."""
    encoding = encoding_of(data)[0]
    return encoding if encoding.startswith("utf-16") else "ascii"
