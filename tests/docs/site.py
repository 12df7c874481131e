"""What MkDocs has to know to make a site of pages that are written to be read on GitHub; see `mkdocs.yml`.

The pages of the repository's root become pages of the site. Links to its other files lead to GitHub, to the
version that is documented.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
_INIT = (ROOT / "crstandards/__init__.py").read_text("utf-8")
# Not imported: what builds the site need not be able to run the package.
VERSION, REPOSITORY = (
    re.search(rf'^{name} = "(.+)"', _INIT, re.M)[1] for name in ("__version__", "REPOSITORY")
)
OF_THE_ROOT = ("CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
# Words that our tests read behind a block's language.
_FENCE = re.compile(r"^( *```\w+) .+$", re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")


def on_files(files: Files, config: Any) -> Files:
    """Take the pages of the root in."""
    for name in OF_THE_ROOT:
        files.append(File.generated(config, name, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    """Let links lead to where their target is on the site, or on GitHub, and blocks be blocks."""
    path = page.file.src_uri
    folder = "" if path in OF_THE_ROOT else posixpath.join("docs", posixpath.dirname(path))

    def led(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, link[1]))
        anchor = link[2] or ""
        if not (ROOT / target).exists():
            return link[0]  # which MkDocs then complains of
        if target.startswith("docs/") and (ROOT / target).is_file():
            inside = target.removeprefix("docs/")
        elif target in OF_THE_ROOT:
            inside = target
        else:
            kind = "tree" if (ROOT / target).is_dir() else "blob"
            return f"{REPOSITORY}/{kind}/v{VERSION}/{target}{anchor}"
        return posixpath.relpath(inside, posixpath.dirname(path) or ".") + anchor

    return _LINK.sub(led, _FENCE.sub(r"\1", markdown))
