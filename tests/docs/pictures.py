"""Draws the comments of docs/ci.md in a browser: `python -m tests.docs.pictures MERMAID [WIDTH]`.

MERMAID is the file `mermaid.min.js` of the npm package. Markdown is rendered by markdown-it, in a page that
looks like the services' own. The pictures stand in docs/pictures.
"""

from __future__ import annotations

import shutil
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from crstandards.commands.demo import apply, create
from tests.docs.pull_requests import checked_out
from tests.support.builders import Repo, clean_environment
from tests.support.documents import ROOT
from tests.support.pipelines import SERVICES

PICTURES = ROOT / "docs/pictures"
# What stands above the comment, and whether what is folded is shown open.
FRAMES = {
    "github": ("<b>github-actions</b> commented", True),
    "azure": ("<b>Contoso Build Service</b> <i>Active</i>", False),
    "gitlab": ("<b>Connection references</b> @project_42_bot", False),
}
STYLE = """
body { margin: 0; padding: 12px; font: 14px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1f2328; }
.comment { border: 1px solid #d1d9e0; border-radius: 6px; }
header { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; }
header i { float: right; color: #57606a; }
main { padding: 4px 16px 8px; overflow-wrap: break-word; }
h2 { font-size: 1.4em; border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #d1d9e0; padding: 6px 10px; vertical-align: top; }
code { background: #eff1f3; border-radius: 4px; padding: .15em .35em; font-size: 85%; }
a { color: #0969da; text-decoration: none; } summary { margin: 6px 0; }
"""


def comment(service: str, folder: Path) -> str:
    """What the pull request's comment says."""
    repo = Repo(folder / "contoso", clean_environment(folder / "home"))
    create(repo.root)
    repo.commit("Add ContosoHR")
    apply(repo.root, "raw", "duplicate")
    repo.commit("Export ContosoHR")
    apply(repo.root, "reference")
    repo.commit("Use the reference for Outlook")
    clone = checked_out(service, repo)
    clone.crstandards("replay", "--ci", "--as-of", "2026-01-02", "--output", "markdown=../comment.md")
    return (folder / "comment.md").read_text("utf-8")


def page(service: str, markdown: str, mermaid: str) -> str:
    """A page that shows the comment as the service does; a pull request in Azure Repos shows no map."""
    above, is_open = FRAMES[service]
    body: str = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    start = '<pre><code class="language-mermaid">'
    while start in body:
        before, _, rest = body.partition(start)
        drawn, _, after = rest.partition("</code></pre>")
        body = before + ("" if service == "azure" else f'<pre class="mermaid">{drawn}</pre>') + after
    if is_open:
        body = body.replace("<details><summary>", "<details open><summary>")
    # A colour for the sign, for which a machine may have no font.
    body = body.replace("🔴", '<span style="color: #cf222e">●</span>')
    title = escape(f"Comment in {service}")
    return (
        f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
        f"<div class=comment><header>{above}</header><main>{body}</main></div>"
        f"<script>{mermaid}</script><script>mermaid.initialize({{startOnLoad: false}});</script>"
    )


def draw(mermaid: str, width: int) -> None:
    """Write a picture for each service."""
    PICTURES.mkdir(exist_ok=True)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": width, "height": 200})
        for service in SERVICES:
            with TemporaryDirectory() as folder:
                shown.set_content(page(service, comment(service, Path(folder)), mermaid))
            shown.evaluate("mermaid.run()")
            shown.screenshot(path=PICTURES / f"comment-{service}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]).read_text("utf-8"), int(sys.argv[2]) if sys.argv[2:] else 820)
