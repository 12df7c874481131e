"""The mistakes that can be made in a module: one small change of its syntax tree each."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
_METHODS = {
    "startswith": "endswith",
    "endswith": "startswith",
    "removeprefix": "removesuffix",
    "removesuffix": "removeprefix",
    "partition": "rpartition",
    "rpartition": "partition",
    "find": "rfind",
    "rfind": "find",
    "lower": "upper",
    "casefold": "swapcase",
    "strip": "lstrip",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "match": "search",
    "fullmatch": "match",
    "search": "match",
}
_ANNOTATIONS = {"annotation", "returns"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Mutant(NamedTuple):
    """A change at one place of a tree: `field` of `owner`, or its element at `position`."""

    module: str
    function: str
    """The outermost function around it, as `Class.name`; "" for what runs at the import."""
    line: int
    """Where the statement around it begins."""
    last: int
    """Where that ends, or what stands before its body: nothing may run on the first line of several."""
    before: str
    after: str
    owner: ast.AST
    field: str
    position: int | None
    new: ast.AST
    tree: ast.Module
    occurrence: int
    """Which of the equal changes in its function it is."""

    @property
    def name(self) -> str:
        """What tells it from all others, wherever its lines have gone to."""
        twin = f" #{self.occurrence}" if self.occurrence else ""
        return f"{self.module} {self.function or '(import)'}: {self.before} -> {self.after}{twin}"

    def source(self, wrong: bool) -> str:
        """The module with the mistake, or without; for a process of its own, as the tree is changed."""
        if wrong:
            _put(self.owner, self.field, self.position, self.new)
        return ast.unparse(ast.fix_missing_locations(self.tree))


class _Where(NamedTuple):
    tree: ast.Module
    module: str
    function: str
    line: int
    last: int


def mutants(module: str, tree: ast.Module) -> list[Mutant]:
    """All mistakes for a module; they share the tree."""
    found: list[Mutant] = []
    seen: dict[str, int] = {}
    for mutant in _walk(tree, _Where(tree, module, "", 1, 1), ()):
        twins = seen.setdefault(mutant.name, 0)
        seen[mutant.name] += 1
        found.append(mutant._replace(occurrence=twins))
    return found


def all_mutants(package: str) -> list[Mutant]:
    """All mistakes for a package of crstandards, or for a module of it."""
    return [
        mutant
        for path in modules(f"crstandards.{package}")
        for mutant in mutants(module_name(path), ast.parse(path.read_text(encoding="utf-8")))
    ]


def module_name(path: Path) -> str:
    """A file's module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(package: str) -> Sequence[Path]:
    """The files of a package, or of a module."""
    place = ROOT.joinpath(*package.split("."))
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


def _walk(owner: ast.AST, where: _Where, classes: tuple[str, ...]) -> Iterator[Mutant]:
    for field, value in ast.iter_fields(owner):
        if field in _ANNOTATIONS:
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if isinstance(child, ast.AST) and not _means_nothing(child):
                position = index if isinstance(value, list) else None
                inside = _inside(owner, field, child, where, classes)
                for shown, new in _alternatives(child, owner, field):
                    yield _mutant(inside, owner, field, position, child, shown, new)
                deeper = (*classes, child.name) if isinstance(child, ast.ClassDef) else classes
                yield from _walk(child, inside, deeper)


def _mutant(
    where: _Where,
    owner: ast.AST,
    field: str,
    position: int | None,
    old: ast.AST,
    shown: ast.AST | None,
    new: ast.AST,
) -> Mutant:
    """`shown` is what is told of it where the node alone says little."""
    around = shown or old
    before = _text(around)
    _put(owner, field, position, new)
    after = _text(around if shown else new)
    _put(owner, field, position, old)
    tree, module, function, line, last = where
    return Mutant(module, function, line, last, before, after, owner, field, position, new, tree, 0)


def _inside(owner: ast.AST, field: str, child: ast.AST, where: _Where, classes: tuple[str, ...]) -> _Where:
    """Where a child stands; a function's decorators and defaults run when it is defined."""
    if isinstance(child, ast.stmt):
        where = where._replace(line=child.lineno, last=_end_of_head(child))
    if isinstance(owner, _FUNCTIONS) and field == "body" and not where.function:
        where = where._replace(function=".".join((*classes, owner.name)))
    return where


def _end_of_head(statement: ast.stmt) -> int:
    body: list[ast.stmt] = getattr(statement, "body", [])
    last = body[0].lineno - 1 if body else statement.end_lineno
    return max(statement.lineno, last or 0)


def _means_nothing(node: ast.AST) -> bool:
    """Docstrings, imports, assertions for the type checker, and types: nothing that runs depends on them."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "TYPE_CHECKING")]):
            return True
        case ast.Subscript(value=ast.Name(id="Literal")):
            return True
        case ast.Call(func=ast.Name(id="cast" | "TypeVar" | "NewType")):
            return True
    return False


def _alternatives(node: ast.AST, owner: ast.AST, field: str) -> Iterator[tuple[ast.AST | None, ast.AST]]:
    """What may stand in a node's place, each with the node that shows the difference."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                other = _COMPARISONS[type(operator)]()
                yield None, ast.Compare(node.left, _with(node.ops, index, other), node.comparators)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield None, ast.BoolOp(other, node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield None, node.operand
        case ast.BinOp() if (swapped := _OPERATORS.get(type(node.op))) is not None:
            yield None, ast.BinOp(node.left, swapped(), node.right)
        case ast.Constant():
            for value in _other_values(node.value):
                shown = owner if isinstance(owner, ast.expr) else None
                yield shown, ast.Constant(value)
        case ast.IfExp():
            yield None, ast.IfExp(node.test, node.orelse, node.body)
        case ast.Call():
            yield from ((None, new) for new in _other_calls(node))
        case ast.comprehension():
            for index in range(len(node.ifs)):
                kept = [*node.ifs[:index], *node.ifs[index + 1 :]]
                yield owner, ast.comprehension(node.target, node.iter, kept, node.is_async)
        case ast.stmt():
            yield from _other_statements(node)
        case ast.ExceptHandler(type=ast.Tuple()):
            for index in range(len(node.type.elts)):
                kept = [*node.type.elts[:index], *node.type.elts[index + 1 :]]
                yield None, ast.ExceptHandler(ast.Tuple(kept, ast.Load()), node.name, node.body)
    if field == "test" and isinstance(owner, ast.If | ast.While) and _is_plain(node):
        yield None, ast.UnaryOp(ast.Not(), node)


def _is_plain(test: ast.AST) -> bool:
    return not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant)


def _other_values(value: object) -> Iterator[object]:
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case str():
            yield f"XX{value}XX" if value else "XX"
        case bytes():
            yield b"XX" + value


def _other_calls(call: ast.Call) -> Iterator[ast.AST]:
    match call.func:
        case ast.Name(id=name) if name in _NAMES:
            keywords = [] if name == "sorted" else call.keywords
            yield ast.Call(ast.Name(_NAMES[name], ast.Load()), call.args, keywords)
        case ast.Attribute(value=value, attr=name) if name in _METHODS:
            yield ast.Call(ast.Attribute(value, _METHODS[name], ast.Load()), call.args, call.keywords)


def _other_statements(node: ast.stmt) -> Iterator[tuple[None, ast.AST]]:
    match node:
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield None, ast.Return(ast.Constant(None))
        case (
            ast.Return(value=None) | ast.Raise() | ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom())
        ):
            yield None, ast.Pass()
        case ast.Break():
            yield None, ast.Continue()
        case ast.Continue():
            yield None, ast.Break()
        case ast.AugAssign() if (swapped := _OPERATORS.get(type(node.op))) is not None:
            yield None, ast.AugAssign(node.target, swapped(), node.value)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _with(items: list[ast.cmpop], index: int, new: ast.cmpop) -> list[ast.cmpop]:
    return [*items[:index], new, *items[index + 1 :]]


def _put(owner: ast.AST, field: str, position: int | None, new: ast.AST) -> None:
    if position is None:
        setattr(owner, field, new)
    else:
        getattr(owner, field)[position] = new


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.ExceptHandler):
        return f"except {ast.unparse(node.type)}" if node.type else "except"
    text = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    return text if len(text) <= 100 else f"{text[:60]} … {text[-39:]}"
