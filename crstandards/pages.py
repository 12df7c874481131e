"""Files that the package ships: in an installed one among its data, in a checkout where they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crstandards.errors import NotVerified

_PACKAGE: Final = Path(__file__).resolve().parent


def page(rule_id: str) -> str:
    """A rule's page, as Markdown. Raises NotVerified where the package holds none."""
    return _shipped("rules", "docs/rules", f"{rule_id}.md", f"the page of {rule_id}")


def pipeline(service: str) -> str:
    """The pipeline file for `github`, `azure` or `gitlab`, as YAML. Raises NotVerified without one."""
    name = "workflow.yml" if service == "github" else "pipeline.yml"
    return _shipped("ci", "hooks/ci", f"{service}/{name}", f"the pipeline file for {service}")


def _shipped(in_data: str, in_checkout: str, name: str, what: str) -> str:
    for folder in (_PACKAGE / "data" / in_data, _PACKAGE.parent / in_checkout):
        try:
            return (folder / name).read_text("utf-8")
        except FileNotFoundError:
            continue
    raise NotVerified(f"{what} is missing from this installation of crstandards")
