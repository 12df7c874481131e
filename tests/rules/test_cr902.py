from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy.baseline import Baseline, entry_of, render_baseline
from crstandards.policy.configuration import parse_config
from crstandards.reported import Reported
from crstandards.rules import RULES
from crstandards.snapshot import Folder
from tests.support.builders import Missing, Reference, Repo, flow, write_files, write_solution
from tests.support.checks import AS_OF, check, found


def hr(root: Path) -> Path:
    """A solution with two references for Outlook."""
    write_solution(root / "HR", "ContosoHR", ["con_outlook", "con_payroll"])
    return root


def exception(**selectors: str) -> str:
    lines = [f"{key} = {value}" for key, value in selectors.items()]
    return "\n".join(["[[exceptions]]", *lines, 'reason = "two mailboxes"', ""])


def only(root: Path, config: str, **how: object) -> Reported:
    (reported,) = found(root, "CR902", config, **how)
    return reported


def test_an_exception_that_matches_nothing_is_found_at_its_line(tmp_path: Path) -> None:
    used = exception(rule='"CR201"', solution='"ContosoHR"')
    stale = exception(rule='"CR201"', solution='"ContosoHr2"', references='["con_a", "con_b"]')
    reported = only(hr(tmp_path), f"# ours\n\n{used}\n{stale}")
    assert reported.severity == "warning"
    assert (reported.span.path, reported.span.line, reported.span.column) == ("crstandards.toml", 8, 1)
    assert reported.span.excerpt == "[[exceptions]]"
    assert reported.finding.message == (
        "The exception from CR201 (solution ContosoHr2; references con_a, con_b) matches no finding."
    )


def test_an_expired_exception_is_found(tmp_path: Path) -> None:
    config = exception(rule='"CR201"', expires="2027-01-14")
    assert "ended on 2027-01-14: its findings are back" in only(hr(tmp_path), config).finding.message
    assert found(tmp_path, "CR902", config, as_of=date(2027, 1, 14)) == []


@pytest.mark.parametrize(
    ("config", "line", "message"),
    [
        ('[source]\nexclude = [\n  "HR/none/**",\n]\n', 3, "[source] exclude matches no file"),
        ('[source]\nvendored = ["vendor/**"]\n', 2, "[source] vendored matches no solution"),
        ('[source]\nexternal-references = ["msdyn_*"]\n', 2, "external-references matches no reference"),
        (
            '[[environments]]\nname = "p"\nsolutions = ["ContosoHR", "ContosHR"]\n',
            3,
            'The pattern "ContosHR" of environment p\'s solutions matches no solution.',
        ),
        (
            '[[environments]]\nname = "p"\nsettings = ["config/*.json"]\n',
            3,
            "environment p's settings matches no",
        ),
    ],
)
def test_a_pattern_that_matches_nothing_is_found(
    tmp_path: Path, config: str, line: int, message: str
) -> None:
    reported = only(hr(tmp_path), config)
    assert message in reported.finding.message
    assert reported.span.line == line


def test_patterns_that_match_are_left_alone(tmp_path: Path) -> None:
    hr(tmp_path)
    write_solution(tmp_path / "vendor/Kit", "Kit", ["kit_a"], {})
    write_solution(tmp_path / "Old", "ContosoOld", [], {})
    write_solution(tmp_path / "Sales", "ContosoSales", [], {"Mail": flow({"shared_office365": "msdyn_mail"})})
    write_solution(tmp_path / "Ops", "ContosoOps", [], {}, missing=[Missing("ops_mail", "Active")])
    write_files(tmp_path, {"config/prod.json": '{"ConnectionReferences": [], "EnvironmentVariables": []}'})
    config = """
[source]
exclude = ["Old/**"]
vendored = ["vendor"]
external-references = ["msdyn_*", "OPS_*"]
[[environments]]
name = "prod"
solutions = ["*HR", "contosos?les"]
settings = ["config/*.json"]
"""
    assert found(tmp_path, "CR902", config) == []


def test_where_something_is_unreadable_nothing_is_called_unused(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook"], {"Broken": "{"})
    config = exception(rule='"CR101"') + exception(rule='"CR104"', expires="2020-01-01")
    assert "ended on 2020-01-01" in only(tmp_path, config).finding.message


def test_an_exception_from_a_locked_rule_is_found(tmp_path: Path) -> None:
    config = 'locked = ["CR201"]\n' + exception(rule='"CR201"')
    assert "has no effect: CR201 is locked" in only(hr(tmp_path), config).finding.message


def test_nothing_is_excepted_from_this_rule(tmp_path: Path) -> None:
    config = exception(rule='"CR902"') + exception(rule='"CR503"')
    assert len([item for item in found(hr(tmp_path), "CR902", config) if not item.suppressed]) == 2


def test_exceptions_about_owners_are_not_judged_without_an_inventory(tmp_path: Path) -> None:
    assert found(hr(tmp_path), "CR902", exception(rule='"CR401"')) == []


def test_an_environment_of_all_solutions_needs_none(tmp_path: Path) -> None:
    write_files(tmp_path, {"readme.md": "x"})
    assert found(tmp_path, "CR902", '[[environments]]\nname = "prod"\n') == []


def test_only_a_whole_check_with_all_rules_can_tell(tmp_path: Path) -> None:
    config = exception(rule='"CR503"')
    assert found(hr(tmp_path), "CR902", config, whole=False) == []
    assert found(tmp_path, "CR902", focus="HR") == []
    settings = parse_config(config.encode(), "crstandards.toml")
    session = Session(Folder(tmp_path), settings, RULES[1:], AS_OF, whole=True)
    assert not [item for item in full_report(session).findings if item.rule.id == "CR902"]


def test_a_description_that_allows_to_no_effect_is_found(tmp_path: Path) -> None:
    references = [
        Reference("con_a", description="crstandards: allow CR201 two mailboxes"),
        Reference("con_b", "shared_teams", description="crstandards: allow CR201"),
        Reference("con_c", "shared_sql", description="crstandards: allow CR205 once there were two"),
    ]
    write_solution(tmp_path, "ContosoHR", references, {})
    messages = [item.finding.message for item in found(tmp_path, "CR902")]
    assert messages == [
        "The description of con_a allows CR201, but there is no such finding.",
        "The description of con_b allows CR201, but gives no reason, so it does not count.",
        "The description of con_c allows CR205, but there is no such finding.",
    ]
    assert found(tmp_path, "CR902", "description-exceptions = false\n") == []


def test_a_description_that_allows_a_locked_rule_is_found(tmp_path: Path) -> None:
    allowed = [
        Reference(name, description="crstandards: allow CR201 two mailboxes") for name in ("con_a", "con_b")
    ]
    write_solution(tmp_path, "ContosoHR", allowed, {})
    messages = [item.finding.message for item in found(tmp_path, "CR902", 'locked = ["CR201"]\n')]
    assert messages == [
        f"The description of {name} allows CR201, but that rule takes no exceptions."
        for name in ("con_a", "con_b")
    ]


def test_descriptions_speak_of_findings_between_solutions_and_of_one_reference_too(tmp_path: Path) -> None:
    between = Reference("con_a", description="crstandards: allow CR301 they are sold apart")
    twice = Reference("con_teams", "shared_teams", description="crstandards: allow CR202 merged soon")
    write_solution(tmp_path / "HR", "ContosoHR", [between, twice, twice], {})
    write_solution(tmp_path / "Sales", "ContosoSales", [between._replace(name="con_b")], {})
    assert found(tmp_path, "CR902", '[[environments]]\nname = "prod"\n') == []
    # Without the environment, and with one declaration of the name, nothing is left to allow.
    write_solution(tmp_path / "HR", "ContosoHR", [between, twice], {})
    gone = [item.finding.message for item in found(tmp_path, "CR902", "")]
    assert gone == [
        "The description of con_a allows CR301, but there is no such finding.",
        "The description of con_teams allows CR202, but there is no such finding.",
        "The description of con_b allows CR301, but there is no such finding.",
    ]


def test_baseline_entries_without_a_finding_are_one_finding(tmp_path: Path) -> None:
    hr(tmp_path)
    write_solution(
        tmp_path / "Sales",
        "ContosoSales",
        ["con_a", "con_b", ("con_c", "shared_teams"), ("con_d", "shared_teams")],
        {},
    )
    entries = [entry_of(item.finding) for item in check(tmp_path).findings if item.rule.id == "CR201"]
    assert len(entries) == 3
    write_files(tmp_path, {"crstandards-baseline.json": render_baseline(Baseline(entries))})
    assert found(tmp_path, "CR902") == []
    write_solution(tmp_path / "Sales", "ContosoSales", ["con_a", ("con_c", "shared_teams")], {})
    (reported,) = found(tmp_path, "CR902")
    assert "The baseline has 2 entries for what has been fixed" in reported.finding.message
    assert reported.span.path == "crstandards-baseline.json"
    write_files(tmp_path, {"crstandards.toml": 'locked = ["CR201"]\n'})
    (locked,) = found(tmp_path, "CR902")
    assert locked.finding.message.startswith(
        "The baseline has 3 entries for what has been fixed, or for rules that are locked, the first for "
    )


def test_in_pyproject_the_line_is_right_too(tmp_path: Path) -> None:
    text = b'[project]\nname = "x"\n\n[[tool.crstandards.exceptions]]\nrule = "CR503"\nreason = "x"\n'
    write_files(hr(tmp_path), {"pyproject.toml": b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")})
    settings = parse_config((tmp_path / "pyproject.toml").read_bytes(), "pyproject.toml")
    report = full_report(Session(Folder(tmp_path), settings, RULES, AS_OF, whole=True))
    (reported,) = (item for item in report.findings if item.rule.id == "CR902")
    assert (reported.span.line, reported.span.excerpt) == (4, "[[tool.crstandards.exceptions]]")


def test_check_says_it_also_of_a_configuration_outside(repo: Repo, tmp_path: Path) -> None:
    write_solution(repo.root / "HR", "ContosoHR")
    outside = tmp_path / "strict.toml"
    outside.write_text("\n" + exception(rule='"CR503"'), encoding="utf-8")
    ran = repo.crstandards("check", "--config", str(outside), "--format", "json")
    assert ran.status == 0, ran.text
    (finding,) = json.loads(ran.out)["findings"]
    assert (finding["rule"], finding["line"]) == ("CR902", 2)
    for limit in (["HR"], ["--solutions", "*"], ["--select", "CR2,CR9"], ["--ignore", "CR5"]):
        ran = repo.crstandards("check", *limit, "--config", str(outside), "--format", "json")
        assert json.loads(ran.out)["findings"] == [], limit
