"""What is checked: the repository, a folder, a file's solution, the index, a commit, or zips."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from crstandards.check.session import Focus, Session
from crstandards.commands.options import configuration, outside_of
from crstandards.commands.progress import Progress
from crstandards.errors import UsageError
from crstandards.findings import Rule
from crstandards.git.repository import Git, find_root
from crstandards.model import Solution
from crstandards.policy.patterns import name_matches
from crstandards.snapshot import Folder, Index, Snapshot, Tree, Worktree, Zips
from crstandards.source.facts import Facts
from crstandards.source.names import manifest_home, yaml_root

_HEAD = 64
"""Within how many bytes a report says that it is one."""


class Target(NamedTuple):
    """A snapshot, and the paths inside it that were named (none: all of it).

    `git` is the repository around, if any; `root` the folder that the snapshot's paths start from.
    """

    snapshot: Snapshot
    paths: tuple[str, ...]
    git: Git | None = None
    root: Path = Path()


def focused_folders(
    target: Target, solutions: Sequence[Solution], patterns: Sequence[str] | None, required: bool = True
) -> set[str]:
    """The folders of the solutions that the paths and `--solutions` choose.

    Raises UsageError where a path chooses none or, if that is `required`, all patterns do.
    """
    focused = {folder for path in target.paths for folder in _folders_at(path, solutions)}
    focused = focused if target.paths else {solution.folder for solution in solutions}
    if patterns:
        focused &= {
            solution.folder
            for solution in solutions
            if any(name_matches(pattern, solution.unique_name) for pattern in patterns)
        }
        if required and not focused:
            raise UsageError(f"no solution is called {' or '.join(patterns)}")
    return focused


def _folders_at(path: str, solutions: Sequence[Solution]) -> list[str]:
    """The folders of the solutions at or below a path, or else of those in the nearest place above it."""
    if path in ("", "."):
        found = [solution.folder for solution in solutions]
    else:
        found = [solution.folder for solution in solutions if f"{solution.folder}/".startswith(f"{path}/")]
    if not found:
        around = {
            (place, solution.folder)
            for solution in solutions
            for place in _places(solution)
            if not place or path.startswith(f"{place}/")
        }
        nearest = max((place for place, _ in around), key=len, default="")
        found = [folder for place, folder in around if place == nearest]
    if not found:
        raise UsageError(f"there is no solution in {path or 'this folder'}")
    return found


def _places(solution: Solution) -> tuple[str, ...]:
    """Where a solution's files lie: in the YAML layout, flows lie in a folder that several share."""
    folder = solution.folder
    return (folder, yaml_root(folder)) if solution.layout == "yaml" else (folder,)


def title_of(target: Target, rev: str | None = None) -> str:
    """What is checked, in a few words: the repository with its commit, the folder, or the zips."""
    if isinstance(target.snapshot, Zips):
        return "a solution zip"
    name = target.root.resolve().name
    try:
        commit = target.git.resolve(rev or "HEAD") if target.git else ""
    except UsageError:
        commit = ""
    return f"{name} at {commit[:12]}" if commit else name


def repositories_of(names: Sequence[str]) -> Mapping[str, Sequence[str] | Mapping[str, Any]]:
    """The repositories around paths, and folders outside of any, each by a name, with the paths in it.

    A JSON report of an earlier run stands for its repository, and is called like its file. Zips go together.
    """
    if any(name.lower().endswith(".zip") for name in names):
        return {"": list(names)}
    found: dict[str, list[str] | Mapping[str, Any]] = {}
    homes: dict[Path, list[str]] = {}
    for name in names:
        path = Path(name)
        earlier = read_report(path)
        folder = path.absolute()
        while not folder.is_dir():
            folder = folder.parent
        # Of the repository around, or else the folder.
        home = (find_root(folder) or folder).resolve()
        if not earlier and home in homes:
            homes[home].append(name)
            continue
        title = _shown(path.with_suffix("").absolute() if earlier else home).as_posix()
        if title in found:
            raise UsageError(f"{title} is named twice")
        found[title] = earlier or homes.setdefault(home, [name])
    return found


def _shown(folder: Path) -> Path:
    """A folder as it is called from here: this one by its name, one on another drive by its whole path."""
    here = Path.cwd()
    if folder in (here, here.resolve()):
        return Path(folder.name)
    return Path(os.path.relpath(folder)) if folder.drive == here.drive else folder


def read_report(path: Path) -> Mapping[str, Any] | None:
    """The report of an earlier run that stands in a file; None where it holds something else.

    Raises UsageError where it says that it is one, and isn't.
    """
    if path.suffix.lower() != ".json" or not path.is_file():
        return None
    data = path.read_bytes()
    if b'"crstandards/report/1"' not in data[:_HEAD]:
        return None
    from jsonschema import Draft202012Validator

    from crstandards.data import load

    try:
        told: Mapping[str, Any] = json.loads(data)
    except ValueError:
        told = {}
    if not Draft202012Validator(load("report.schema.json")).is_valid(told):
        raise UsageError(f"{path} is no whole report: write it anew with 'crstandards check -o {path.name}'")
    return told


def find_target(names: Sequence[str] = (), staged: bool = False, rev: str | None = None) -> Target:
    """The target that paths name, in the working tree, the index or a commit.

    Raises UsageError for one that cannot be checked.
    """
    paths = [Path(name) for name in names]
    for path in paths:
        if not path.exists() and not rev and not staged:
            raise UsageError(f"{path} does not exist")
    archives = [path for path in paths if path.suffix.lower() == ".zip"]
    if archives:
        if len(archives) != len(paths) or staged or rev:
            raise UsageError(
                "a solution zip is checked on its own: name only zips, without --staged and --rev"
            )
        return Target(Zips([(path, path.as_posix()) for path in archives]), ())
    start = paths[0] if paths else Path()
    while not start.is_dir():
        start = start.parent
    root = find_root(start)
    if root is None:
        if staged or rev:
            raise UsageError(f"{start.resolve()} is not in a git repository")
        return _outside_git(paths)
    git = Git(root)
    tree = Tree(git, git.resolve(rev)) if rev else None
    snapshot = Index(git) if staged else tree or Worktree(git)
    inside = tuple(_relative(path, root) for path in paths)
    return Target(snapshot, tuple(path for path in inside if path) if all(inside) else (), git, root)


def _outside_git(paths: Sequence[Path]) -> Target:
    if len(paths) > 1:
        raise UsageError("outside a git repository, name one folder")
    path = (paths[0] if paths else Path()).resolve()
    if path.is_dir():
        return Target(Folder(path), ("",) if paths else (), None, path)
    around = _solution_root(path)
    return Target(Folder(around), (), None, around)


def _solution_root(path: Path) -> Path:
    """The folder of the solution around a file outside git."""
    for folder in path.parents:
        names = {entry.name.lower() for entry in folder.iterdir()}
        if {"other", "solution.xml"} & names and folder.name.lower() != "other":
            return folder
        files = folder.glob("*/*/*.yml") if "solutions" in names else ()
        if any(manifest_home(file.relative_to(folder).as_posix()) == "" for file in files):
            return folder
    raise UsageError(f"there is no solution around {path}")


def _relative(path: Path, root: Path) -> str:
    resolved = Path(path.resolve() if not path.is_symlink() else path.parent.resolve() / path.name)
    try:
        return resolved.relative_to(root.resolve()).as_posix().removeprefix(".")
    except ValueError:
        raise UsageError(f"{path} is outside the repository {root}") from None


def session_of(
    target: Target, rules: Sequence[Rule], whole: bool, options: Namespace, progress: Progress | None = None
) -> Session:
    """The check of a target by these rules, as the options have it.

    `whole`: nothing of the target is left out, so that what nothing uses can be told.
    """
    files = target.snapshot.files()
    config = configuration(
        target.snapshot, {file.path: file for file in files}, options.config, options.no_config
    )
    session = Session(
        target.snapshot,
        config,
        rules,
        options.as_of or date.today(),
        facts=Facts(progress.over) if progress else None,
        files=files,
        whole=whole,
        outside=outside_of(options, config) if "inventory" in options else None,
    )
    git = target.git
    if git and target.snapshot.origin in ("worktree", "index"):
        session.compare_with(lambda: Tree(git, git.head()))
    return session


@contextmanager
def session_on(
    target: Target, rules: Sequence[Rule], options: Namespace, required: bool = True
) -> Iterator[tuple[Session, Focus]]:
    """The check of a target, and what of it paths and `--solutions` choose; how far it is is shown."""
    whole = not options.solutions and not any(path.strip(".") for path in target.paths)
    with Progress(sys.stderr, "files") as progress:
        session = session_of(target, rules, whole, options, progress)
        yield session, focused_folders(target, session.solutions, options.solutions, required).__contains__
