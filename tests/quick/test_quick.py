"""The commit hook's fast path may only say "clean" where the whole check does, in the same words."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from crstandards.quick.configuration import ANSWERED
from crstandards.quick.door import proven_clean
from crstandards.rules import RULES
from tests.support.builders import (
    APIS,
    OUTLOOK,
    SQL,
    TEAMS,
    Repo,
    action,
    customizations,
    entry,
    flow,
    flow_file,
    flow_guid,
    flow_metadata,
    raw_flow,
    to_json,
    write_files,
    write_solution,
)
from tests.support.commits import write_flow


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """A repository with a commit: before the first one, the fast path is closed."""
    repo.commit("Begin")
    return repo


def quick(repo: Repo) -> str | None:
    with contextlib.chdir(repo.root):
        return proven_clean()


def whole(repo: Repo) -> tuple[int, str]:
    """What the hook says when the fast path is not asked: an option that changes nothing keeps it out."""
    ran = repo.crstandards("hook", "pre-commit", "--select", "CR")
    return ran.status, ran.out


def stage(repo: Repo, files: dict[str, str | bytes]) -> None:
    write_files(repo.root, files)
    repo.git("add", "--all")


def test_a_plain_clean_solution_is_proved_in_the_words_of_the_whole_check(repo: Repo) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_outlook"], {"One": flow(), "Two": flow()})
    write_solution(repo.root / "src/IT", "ContosoIT", ["con_outlook"], {"Three": flow()})
    repo.git("add", "--all")
    assert (0, f"{quick(repo)}\n") == whole(repo)


def test_a_solution_at_the_root_is_proved_too(repo: Repo) -> None:
    write_solution(repo.root, "ContosoHR")
    repo.write("docs/README.md", "A file that is no part of it.\n")
    repo.git("add", "--all")
    assert (0, f"{quick(repo)}\n") == whole(repo)


DOUBTS: dict[str, dict[str, str | bytes]] = {
    "a raw connection": {f"src/HR/Workflows/{flow_file('New')}": to_json(raw_flow())},
    "an undeclared reference": {
        f"src/HR/Workflows/{flow_file('New')}": to_json(flow({"shared_teams": "con_nowhere"}))
    },
    "a broken flow": {f"src/HR/Workflows/{flow_file('New')}": "{"},
    "no flow at all": {f"src/HR/Workflows/{flow_file('New')}": '{"schemaversion": "1"}'},
    "an unknown alias": {
        f"src/HR/Workflows/{flow_file('New')}": to_json(
            flow({"shared_office365": "con_outlook"}, {"Send": action("shared_teams")})
        )
    },
    "a flow that is described and not there": {
        f"src/HR/Workflows/{flow_file('New')}.data.xml": "<Workflow/>"
    },
    "a flow whose description names another file": {
        f"src/HR/Workflows/{flow_file('New')}": to_json(flow()),
        f"src/HR/Workflows/{flow_file('New')}.data.xml": flow_metadata("Another"),
    },
    "a flow in Customizations": {"src/HR/Other/Customizations.xml": customizations(["con_outlook"], ["New"])},
    "a child flow of the invoker": {
        f"src/HR/Workflows/{flow_file('Child')}": to_json(
            flow({"shared_office365": {**entry("con_outlook"), "runtimeSource": "Invoker"}})
        ),
        f"src/HR/Workflows/{flow_file('Parent')}": to_json(
            flow({}, {"Run": {"inputs": {"host": {"workflowReferenceName": flow_guid("Child")}}}})
        ),
    },
    "a folder that is Workflows on some disks": {
        f"src/HR/Workflow\u017f/{flow_file('New')}": to_json(raw_flow())
    },
    "an impossible connector": {
        "src/HR/Other/Customizations.xml": customizations([("con_outlook", "shared_")])
    },
    "another layout beside": {"src/HR/solution.xml": "<x/>"},
    "a canvas app": {"src/HR/CanvasApps/con_app.meta.xml": "<CanvasApp/>"},
    "an agent": {"src/HR/Assets/botcomponent_connectionreferenceset.xml": "<x/>"},
    "a nested folder of apps": {"src/HR/sub/CanvasApps/con_app.meta.xml": "<CanvasApp/>"},
    "an app in the YAML layout": {"src/HR/canvasapps/con_app.meta.xml": "<CanvasApp/>"},
    "a part of the YAML layout": {"src/HR/publishers/Contoso/publisher.yml": ""},
    "one further down": {"src/HR/sub/solutions/Y/solution.yml": ""},
    "another layout further down": {"src/HR/sub/solution.xml": "<x/>"},
    "a file called like a folder": {"src/HR/workflows": to_json(flow())},
    "names that differ by case": {"src/HR/other/Solution.xml": "<x/>"},
    "a configuration with environments": {"crstandards.toml": '[[environments]]\nname = "prod"\n'},
    "a changed configuration": {"crstandards.toml": ""},
    "a configuration of another tool, changed": {"pyproject.toml": ""},
    "settings, perhaps, of an environment": {
        "crstandards.toml": '[[environments]]\nname = "prod"\n',
        "config/prod.json": "{}",
    },
    "a changed baseline": {"crstandards-baseline.json": "{}"},
}


@pytest.mark.parametrize("files", DOUBTS.values(), ids=DOUBTS)
def test_with_any_doubt_it_gives_up(repo: Repo, files: dict[str, str | bytes]) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR")
    stage(repo, files)
    assert quick(repo) is None


def test_a_reference_that_is_declared_no_more_is_left_to_the_whole_check(repo: Repo) -> None:
    write_solution(repo.root, "ContosoHR", ["con_outlook", ("con_teams", TEAMS)])
    repo.commit("Begin")
    write_solution(repo.root, "ContosoHR", ["con_outlook"])
    repo.git("add", "--all")
    assert quick(repo) is None
    write_solution(repo.root, "ContosoHR", ["con_outlook", ("con_teams", TEAMS), ("con_sql", SQL)])
    repo.git("add", "--all")
    assert quick(repo) is not None


def app(reference: str) -> str:
    """An app's `.meta.xml`, which uses a reference."""
    connections = to_json({"1": {"id": APIS + OUTLOOK, "xrmConnectionReferenceLogicalName": reference}})
    return f"<CanvasApp><ConnectionReferences>{connections}</ConnectionReferences></CanvasApp>"


AROUND: dict[str, tuple[dict[str, str], str]] = {
    "a solution of the YAML layout lists the flow": (
        {
            "src/HR/solutions/Y/solution.yml": "ImportExportXml:\n  SolutionManifest:\n    UniqueName: Y\n",
            "src/HR/solutions/Y/solutioncomponents.yml": "SolutionComponents:\n  Component:\n"
            f"  - '@path': Workflows/{flow_file('Send reminder')}\n",
        },
        "CR501",
    ),
    "an app further down uses what is not declared": (
        {"src/HR/sub/CanvasApps/con_app.meta.xml": app("con_nowhere")},
        "CR501",
    ),
    "a code app elsewhere uses what is not declared": (
        {
            "apps/Lending/Power.Config.json": to_json(
                {
                    "connectionReferences": {
                        "1": {"id": APIS + OUTLOOK, "xrmConnectionReferenceLogicalName": "con_nowhere"}
                    }
                }
            )
        },
        "CR501",
    ),
    "an agent further down uses what is not declared": (
        {"src/HR/sub/botcomponents/con_agent/data": "connectionReference: con_nowhere\n"},
        "CR501",
    ),
    "names are against the convention": ({"crstandards.toml": '[rules]\nCR505 = "error"\n'}, "CR505"),
}
"""What is there beside a clean solution, and the rule that a commit of its flow then breaks."""


@pytest.mark.parametrize(("files", "rule"), AROUND.values(), ids=AROUND)
def test_what_lies_around_may_make_a_clean_flow_a_violation(
    repo: Repo, files: dict[str, str], rule: str
) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR", ["other_outlook"], {})
    stage(repo, files)
    repo.commit("Begin")
    write_solution(
        repo.root / "src/HR",
        "ContosoHR",
        ["other_outlook"],
        {"Send reminder": flow({OUTLOOK: "other_outlook"})},
    )
    repo.git("add", "--all")
    assert quick(repo) is None
    status, said = whole(repo)
    assert (status, rule in said) == (1, True), said
    for path in files:
        repo.remove(path)
    repo.commit("Take it away")
    write_flow(repo, "src/HR", "Next", flow({OUTLOOK: "other_outlook"}))
    repo.git("add", "--all")
    assert (0, f"{quick(repo)}\n") == whole(repo)


def test_solutions_in_a_folder_called_solutions_are_touched_alike(repo: Repo) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR")
    write_solution(repo.root / "src/HR/solutions/X", "ContosoX")
    repo.commit("Begin")
    write_flow(repo, "src/HR", "Next", flow())
    repo.git("add", "--all")
    assert (0, f"{quick(repo)}\n") == whole(repo)


SOLUTION, FLOW = "src/HR/Other/Solution.xml", f"src/HR/Workflows/{flow_file('Send reminder')}"


@pytest.mark.parametrize("path", [SOLUTION, "src/HR/Other/Customizations.xml", FLOW])
def test_a_link_is_no_file_whatever_it_holds(repo: Repo, path: str) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.git("add", "--all")
    assert quick(repo)
    blob = repo.git("rev-parse", f":{path}")
    repo.git("update-index", "--cacheinfo", f"120000,{blob},{path}")
    assert quick(repo) is None
    status, said = whole(repo)
    assert (status, "CR901" in said) == (1, True), said


@pytest.mark.parametrize("instead", ["", "src/HR/other", "src/HR/sub/Other/Solution.xml"])
def test_flows_without_a_manifest_are_never_proved(repo: Repo, instead: str) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit("Begin")
    repo.git("rm", "--quiet", "--cached", SOLUTION)
    if instead:
        blob = repo.git("hash-object", "-w", SOLUTION)
        repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{instead}")
    assert quick(repo) is None
    status, said = whole(repo)
    assert (status, "CR901" in said) == (1, True), said


@pytest.mark.parametrize("severity", ["off", "loud"])
def test_only_a_configuration_that_is_harmless_is_accepted(repo: Repo, severity: str) -> None:
    repo.write("crstandards.toml", f'[rules]\nCR101 = "{severity}"\n')
    repo.commit("Configure")
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.git("add", "--all")
    assert (quick(repo) is None) == (severity == "loud")


def test_environments_beside_the_configuration_that_counts_are_none(repo: Repo) -> None:
    repo.write("crstandards.toml", "[rules]\nCR504 = 'error'\n")
    repo.write("pyproject.toml", '[tool.x]\n[[environments]]\nname = "prod"\n')
    repo.commit("Configure")
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.git("add", "--all")
    assert quick(repo) is None
    assert whole(repo)[0] == 0


def test_content_beyond_the_limit_is_left_to_the_whole_check(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.git("add", "--all")
    sizes = [path.stat().st_size for path in (repo.root / "src/HR").rglob("*") if path.is_file()]
    monkeypatch.setattr("crstandards.quick.solutions._BIGGEST", max(sizes))
    assert quick(repo)
    monkeypatch.setattr("crstandards.quick.solutions._BIGGEST", max(sizes) - 1)
    assert quick(repo) is None


def test_what_lies_in_other_folders_is_not_asked_for(repo: Repo) -> None:
    """An agent there, say, which would have to be read by the whole check if it lay in this one."""
    repo.write("elsewhere/bots/con_agent/bot.xml", "<bot />")
    repo.write("elsewhere/botcomponents/con_agent.topic.Tool/data", "kind: TaskDialog\n")
    repo.commit("Bring an agent")
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.git("add", "--all")
    assert quick(repo)


def test_the_configuration_of_other_tools_is_none(repo: Repo) -> None:
    repo.write("pyproject.toml", "[tool.ruff]\nline-length = 110\n")
    repo.commit("Configure")
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.git("add", "--all")
    assert (0, f"{quick(repo)}\n") == whole(repo)


def test_every_rule_that_stops_a_commit_is_proved_or_silent() -> None:
    """A rule that is not makes every commit that touches a solution wait for the whole check."""
    errors = {rule.id for rule in RULES if rule.severity == "error"}
    assert errors <= ANSWERED, "see 'Add a rule' in CONTRIBUTING.md"


def test_it_agrees_on_real_solutions(corpus: Path, repo: Repo) -> None:
    folders = {path.parents[1] for path in corpus.rglob("Workflows/*.json")}
    plain = sorted(folder for folder in folders if not (folder / "CanvasApps").exists())
    assert len(plain) > 20
    proved = 0
    for folder in plain:
        stage(
            repo,
            {
                path.relative_to(corpus).as_posix(): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file() and path.suffix in (".xml", ".json")
            },
        )
        said = quick(repo)
        if said is not None:
            assert whole(repo) == (0, f"{said}\n")
            proved += 1
        repo.git("rm", "-r", "--quiet", "--force", ".")
    assert proved > 10
