"""Real deployment settings, under the configuration that their folders suggest.

What is found was looked up by hand. Two solutions of the Automation Kit declare references that their
flows use, and their empty settings were never made anew: real drift. Four files of EMCR bind nothing.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy.configuration import parse_config
from crstandards.rules import RULES
from crstandards.snapshot import Folder

STAGES = "".join(
    f'[[environments]]\nname = "{stage.lower()}"\nsettings = ["*/config/{stage}/*.json"]\n'
    for stage in ("Validation", "Test", "Prod")
)
BY_SUFFIX = "".join(
    f'[[environments]]\nname = "{stage}"\n'
    f'settings = ["PowerPlatform/Solutions/*/{stage}.deploymentsettings.json"]\n'
    for stage in ("base", "train", "uat")
)
KIT = "microsoft+powercat-automation-kit"
EMCR = "rohithvarmayadla+EMCR-Power-Platform"


@pytest.mark.parametrize(
    ("repository", "config", "expected"),
    [
        (
            KIT,
            STAGES,
            [
                ("CR601", "error", "AutomationKitControlCenter", 3),
                *[("CR601", "error", "AutomationKitInstaller", 3)] * 5,
            ],
        ),
        (f"{KIT}--tags_AutomationKit-October2022", STAGES, []),
        ("microsoft+powercat-business-approvals-kit", STAGES, []),
        ("microsoft+powercat-creator-kit", STAGES, []),
        (
            EMCR,
            BY_SUFFIX,
            [
                ("CR603", "error", "PowerPlatform/Solutions/Crosswalk/base.deploymentsettings.json", 1),
                ("CR603", "error", "PowerPlatform/Solutions/Crosswalk/train.deploymentsettings.json", 1),
                ("CR603", "error", "PowerPlatform/Solutions/EEW/base.deploymentsettings.json", 1),
                ("CR603", "error", "PowerPlatform/Solutions/EEW/train.deploymentsettings.json", 1),
            ],
        ),
    ],
)
def test_what_is_found(
    corpus: Path, repository: str, config: str, expected: list[tuple[str, str, str, int]]
) -> None:
    rules = [rule for rule in RULES if rule.id.startswith(("CR4", "CR6", "CR901"))]
    settings = parse_config(config.encode(), "crstandards.toml")
    report = full_report(Session(Folder(corpus / repository), settings, rules, date(2026, 1, 1)))
    assert [
        (
            item.rule.id,
            item.severity,
            item.span.path.split("/")[0] if item.rule.id == "CR601" else item.span.path,
            len(item.data["environments"]),
        )
        for item in report.findings
    ] == expected
