"""Links between pages lead somewhere, and commands that pages name exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from crstandards.commands import VERBS
from crstandards.commands.parser import parser_of
from tests.support.documents import PAGES, ROOT, Block, blocks, blocks_of, code_spans, name_of, prose

_LINK = re.compile(r"\[[^]]+\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), f"{link}: no such file"
        if anchor:
            assert anchor in _anchors(target), f"{link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_exist_and_take_the_options_shown(page: Path) -> None:
    for command in _commands(page):
        verb, *arguments = command[1:] or ["--help"]
        if verb.startswith("-"):
            assert verb in ("--help", "--version"), command
            continue
        assert verb in VERBS, command
        if "--help" not in arguments:
            parser_of(verb).parse_args(arguments)


# What Windows PowerShell 5.1 does not take: chains, variables for one command, substitutions, lines that
# end in a backslash, a tilde, double quotes within single ones.
_POSIX = re.compile(r"&&|^(?:export )?[A-Z_]+=|\$\(|\\$|^~/| ~/|'[^']*\"", re.MULTILINE)


@pytest.mark.parametrize("block", blocks("sh"), ids=lambda block: block.place)
def test_a_command_is_one_for_powershell_too_or_the_page_says_for_what_it_is(block: Block) -> None:
    lines = block.page.read_text("utf-8").splitlines()
    above, below = "\n".join(lines[: block.line - 1]), "\n".join(lines[block.line :])
    section = above.rpartition("\n## ")[2] + below.partition("\n## ")[0]
    assert not _POSIX.search(block.text) or re.search(r"Linux|POSIX|Git Bash|PowerShell", section)


def test_all_pages_are_within_reach_of_the_readme() -> None:
    reached: set[Path] = set()
    pending = [ROOT / "README.md"]
    while pending:
        page = pending.pop().resolve()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            links = (link.partition("#")[0] for link in _LINK.findall(prose(page)) if "://" not in link)
            pending += [page.parent / link for link in links if link]
    assert set(PAGES) - reached == set()


def test_all_pages_are_in_the_menu_of_the_site() -> None:
    menu = set(re.findall(r"([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    pages = {page.relative_to(ROOT / "docs" if ROOT / "docs" in page.parents else ROOT) for page in PAGES}
    of_rules = {page for page in pages if page.match("rules/CR*.md")}
    assert {page.as_posix() for page in pages - of_rules} - menu == set()


def _commands(page: Path) -> list[list[str]]:
    texts = code_spans(page)
    for block in blocks_of(page):
        if block.language in ("sh", "powershell"):
            texts += block.text.splitlines()
        elif block.language == "console":
            texts += [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]
    # What a shell would pipe the output into is not ours.
    commands = (re.split(r" \\?\| ", text)[0] for text in texts)
    return [shlex.split(text) for text in commands if re.match(r"crstandards( |$)", text) and "…" not in text]


def _anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
