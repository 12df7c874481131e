"""How far a commit reaches: cases that random histories seldom meet."""

from __future__ import annotations

import json

import pytest

from crstandards.history.blame import all_of
from crstandards.history.checks import Terms
from crstandards.rules import BY_ID, RULES
from crstandards.source.facts import Facts
from tests.replay.test_histories import WatchedWalk, quiet
from tests.support.builders import (
    OUTLOOK,
    TEAMS,
    Json,
    Reference,
    action,
    entry,
    flow,
    flow_component,
    flow_file,
    solution_files,
    yaml_files,
)
from tests.support.exports import settings
from tests.support.histories import Files, Memory, Step, day, identities, naive

GUID = "8f14e45f-ceea-467f-a9d2-3b1c5e7d9a20"
ENVIRONMENT = {"crstandards.toml": b'[[environments]]\nname = "prod"\n[rules]\nCR204 = "error"\n'}


def at(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": content for path, content in files.items()}


def using(**references: str) -> Json:
    return flow({f"shared_{connector}": name for connector, name in references.items()})


def follow(*trees: Files) -> list[set[str]]:
    """The rules that find something in each of a line of commits, told by a walk, which must be right."""
    steps = [Step((number - 1,) if number else (), tree) for number, tree in enumerate(trees)]
    git = Memory(steps)
    walk = WatchedWalk(git, Terms(RULES), Facts())
    walk.points = {}
    walk.to_head(git.range(), quiet)
    found = []
    for number in range(len(steps)):
        followed = [item.finding for item in all_of(walk.points[str(number)].blamed)]
        expected = [item for item in naive(git, str(number), day(number)) if BY_ID[item.rule].is_followed]
        assert identities(followed) == identities(expected)
        found.append({item.rule for item in followed})
    return found


def test_a_custom_connector_of_another_solution_changes_what_a_duplicate_is() -> None:
    custom = "shared_con-5fx-5f21dec655d73f3a8c"
    both = [Reference("con_a", custom, custom=GUID), Reference("con_b", custom, custom=GUID)]
    user = at("src/HR", solution_files("ContosoHR", both, {"Ask": flow({})}))
    owner = at("src/Base", solution_files("ContosoBase", [], {}))
    parameters = {
        "src/Base/Connectors/con_x_connectionparameters.json": json.dumps(
            {"host": {"type": "string"}}
        ).encode()
    }
    described = {
        "src/Base/Connectors/con_x.xml": (
            f"<Connector><connectorid>{{{GUID}}}</connectorid><name>con_x</name></Connector>"
        ).encode()
    }
    without, having, again = follow(user | owner, user | owner | described | parameters, user | owner)
    assert ("CR201" in without, "CR205" in without) == (True, False)
    assert ("CR201" in having, "CR205" in having) == (False, True)
    assert again == without


def test_one_of_two_flows_that_share_a_finding_is_mended() -> None:
    base = at("src/Base", solution_files("ContosoBase", ["con_base"], {}))

    def tree(first: str, second: str) -> Files:
        flows = {"One": using(office365=first), "Two": using(office365=second)}
        return ENVIRONMENT | base | at("src/HR", solution_files("ContosoHR", ["con_own"], flows))

    rules = follow(
        tree("con_base", "con_base"),
        tree("con_own", "con_base"),
        tree("con_own", "con_own"),
        tree("con_own", "con_base"),
        tree("con_gone", "con_gone"),
        tree("con_own", "con_gone"),
    )
    assert [bool(found & {"CR204", "CR501"}) for found in rules] == [True, True, False, True, True, True]


def test_flows_that_differ_in_themselves_alone() -> None:
    """Each of them as a whole check judges it, whatever the others had before and have now."""
    clean = using(office365="con_a", teams="con_b")
    raw = flow({OUTLOOK: None, TEAMS: "con_b"})
    lost = flow({TEAMS: "con_b"}, {"Send": action(OUTLOOK)})
    twice = flow({OUTLOOK: "con_a", "again": entry("con_a", OUTLOOK), TEAMS: "con_b"})
    other = flow({OUTLOOK: entry("con_b", OUTLOOK)})

    def tree(one: Json, two: Json) -> Files:
        flows = {"One": one, "Two": two, "Three": clean, "Four": other}
        return at("src/HR", solution_files("ContosoHR", ["con_a", ("con_b", TEAMS)], flows))

    rules = follow(
        tree(clean, clean),
        tree(raw, clean),
        tree(raw, raw),
        tree(clean, raw),
        tree(lost, raw),
        tree(lost, twice),
        tree(other, lost),
        tree(clean, clean),
    )
    assert [found - {"CR503"} for found in rules] == [
        *(set(), {"CR101"}, {"CR101"}, {"CR101"}),
        *({"CR101", "CR502"}, {"CR203", "CR502"}, {"CR502"}, set()),
    ]
    assert all("CR503" in found for found in rules)


def test_a_declaration_elsewhere_decides() -> None:
    user = at("src/HR", solution_files("ContosoHR", [], {"One": using(teams="con_t")}))

    def base(*references: tuple[str, str]) -> Files:
        return ENVIRONMENT | user | at("src/Base", solution_files("ContosoBase", references, {}))

    rules = follow(base(("con_t", TEAMS)), base(), base(("con_t", OUTLOOK)), base(("con_t", TEAMS)))
    assert "CR501" in rules[1]
    assert "CR503" in rules[2]
    assert not {"CR501", "CR503"} & (rules[0] | rules[3])


def test_a_patch_sees_what_it_patches_without_an_environment() -> None:
    patch = at("src/Patch", solution_files("ContosoHR_Patch_1", [], {"One": using(office365="con_a")}))

    def tree(*references: str) -> Files:
        return patch | at("src/HR", solution_files("ContosoHR", references, {}))

    rules = follow(tree("con_a"), tree("con_b"), tree("con_a"))
    assert ["CR501" in found for found in rules] == [False, True, False]


def test_who_uses_what_decides_in_an_environment_of_separate_sets() -> None:
    separate = {"crstandards.toml": b'[[environments]]\nname = "prod"\nsharing = "set-per-solution"\n'}

    def tree(name: str) -> Files:
        base = at("src/Base", solution_files("ContosoBase", ["con_base"], {}))
        flows = {"One": using(office365=name)}
        return separate | base | at("src/HR", solution_files("ContosoHR", ["con_own"], flows))

    rules = follow(tree("con_own"), tree("con_base"), tree("con_own"))
    assert ["CR303" in found for found in rules] == [False, True, False]


def test_files_that_become_something_else() -> None:
    good = at("src/HR", solution_files("ContosoHR", ["con_a"], {"One": using(office365="con_a")}))
    path = next(path for path in good if path.endswith(".json"))
    described = good[f"{path}.data.xml"].replace(b"<Category>5<", b"<Category>6<")
    desktop = good | {path: b'{"schemaversion": "ui/2.0", "targets": []}', f"{path}.data.xml": described}
    broken = good | {path: b'{"properties": '}
    twice = good | {path: good[path].replace(b'"connection":', b'"connection": {}, "connection":')}
    no_manifest = {name: content for name, content in good.items() if not name.endswith("Solution.xml")}
    rules = follow(good, broken, good, desktop, twice, desktop, broken, good, no_manifest, good, {}, good)
    assert ["CR901" in found for found in rules] == [
        *(False, True, False, False, True, False),
        *(True, False, True, False, False, False),
    ]


@pytest.mark.parametrize("layout", ["unpacked", "flat"])
def test_nested_solutions(layout: str) -> None:
    outer = at("src", solution_files("ContosoOuter", ["con_a"], {"One": using(office365="con_a")}))
    inner = at("src/inner", solution_files("ContosoInner", ["con_b"], {"Two": using(office365=None)}, layout))  # type: ignore[arg-type]
    moved = at(
        "src/elsewhere", solution_files("ContosoInner", ["con_b"], {"Two": using(office365=None)}, layout)
    )  # type: ignore[arg-type]
    rules = follow(outer, outer | inner, outer | moved, inner, outer | inner)
    assert ["CR101" in found for found in rules] == [False, True, True, True, True]


def listed_by_two(*paths: str) -> Files:
    """Two solutions of the YAML layout that list the same components."""
    listed = "".join(f"  - '@path': /{path}\n" for path in paths)
    files = {}
    for solution in ("One", "Two"):
        files[f"solutions/{solution}/solution.yml"] = (
            f"ImportExportXml:\n  SolutionManifest:\n    UniqueName: Contoso{solution}\n"
        ).encode()
        files[f"solutions/{solution}/solutioncomponents.yml"] = (
            f"SolutionComponents:\n  Component:\n{listed}"
        ).encode()
    return files


def test_the_yaml_layout_shares_its_components() -> None:
    reference = (
        "connectionreference:\n  '@connectionreferencelogicalname': {0}\n"
        "  connectorid: /providers/Microsoft.PowerApps/apis/shared_office365\n"
    )

    def tree(*names: str, listed: tuple[str, ...] = ("con_a", "con_b")) -> Files:
        files = {
            f"connectionreferences/{name}/connectionreference.yml": reference.format(name).encode()
            for name in names
        }
        return files | listed_by_two(*(f"connectionreferences/{name}" for name in listed))

    rules = follow(
        tree("con_a"), tree("con_a", "con_b"), tree("con_a", "con_b", listed=("con_a",)), tree("con_a")
    )
    assert ["CR201" in found for found in rules] == [False, True, False, False]


def test_the_yaml_layout_shares_its_flows() -> None:
    """A flow that two solutions list changes what is said of both."""
    name = "modernflows/Send-1b4e28ba-2fa1-4d7c-9f3e-0a1b2c3d4e5f.json"

    def tree(**references: str) -> Files:
        return {name: json.dumps(using(**references)).encode()} | listed_by_two(name)

    rules = follow(tree(), tree(office365="con_a"), tree(), tree(teams="con_b"))
    assert ["CR501" in found for found in rules] == [False, True, False, True]


def test_a_flow_of_the_yaml_layout_comes_and_goes() -> None:
    """In its solution, without one, missing: what is said follows the list and the files."""
    name, folder = flow_file("Send"), flow_component("Send")

    def tree(*listed: str, raw: bool = True, there: bool = True) -> Files:
        files = yaml_files("ContosoHR", [], {"Send": flow({OUTLOOK: None if raw else "con_a"})}, listed)
        return {path: text for path, text in files.items() if there or not path.endswith(name)}

    bare = {path: text for path, text in tree().items() if "solutions/" not in path}
    rules = follow(
        tree(folder),
        tree(),
        tree(f"/{folder}/"),
        tree(folder, raw=False),
        tree(folder, there=False),
        tree(there=False),
        tree(folder, there=False),
        tree(),
        bare,
        tree(raw=False),
    )
    outside = {"CR101", "CR103"}
    assert rules == [
        *({"CR101"}, outside, {"CR101"}, {"CR501"}, {"CR509"}, set(), {"CR509"}),
        *(outside, outside, {"CR103"}),
    ]


SETTINGS = {"crstandards.toml": b'[[environments]]\nname = "prod"\nsettings = ["config/*.json"]\n'}


def test_deployment_settings_are_followed() -> None:
    base = SETTINGS | at("src/HR", solution_files("ContosoHR", ["con_a"], {"One": using(office365="con_a")}))

    def tree(*entries: tuple[str, str] | tuple[str, str, str]) -> Files:
        return base | {"config/prod.json": settings(*entries).encode()}

    rules = follow(
        base,
        tree(("con_a", "#{token}#")),
        tree(("con_a", "")),
        tree(("con_a", ""), ("con_a", "#{token}#"), ("con_gone", "#{other}#")),
        tree(("con_a", "#{token}#", TEAMS)),
        base | {"config/prod.json": b"{"},
        base | {"config/elsewhere/prod.json": b"{"},
        base | {"config/moved.json": settings(("con_b", "#{token}#")).encode()},
    )
    # A file in which nothing is bound is a template: a note of CR603. CR604 asks inventories too, and is not
    # followed.
    expected = [(), (), ("CR603",), ("CR602", "CR603"), (), ("CR901",), (), ("CR601", "CR602")]
    assert [found - {"CR305"} for found in rules] == [set(found) for found in expected]


def test_what_is_declared_decides_what_settings_lack() -> None:
    bound = SETTINGS | {"config/prod.json": settings(("con_a", "#{token}#")).encode()}

    def tree(*references: str | tuple[str, str]) -> Files:
        flows = {"One": using(office365="con_a")}
        return bound | at("src/HR", solution_files("ContosoHR", references, flows))

    rules = follow(tree("con_a"), tree("con_a", ("con_t", TEAMS)), tree("con_a"), tree())
    assert ["CR601" in found for found in rules] == [False, True, False, False]
    assert "CR602" in rules[3]


def test_a_rule_that_is_off_in_one_environment_is_followed_in_the_others() -> None:
    first = at("src/HR", solution_files("ContosoHR", ["con_a"], {"One": using(office365="con_a")}))
    second = at("src/Sales", solution_files("ContosoSales", ["con_b"], {"Two": using(office365="con_b")}))

    def tree(rules: bytes) -> Files:
        text = b'[[environments]]\nname = "dev"\n' + rules + b'[[environments]]\nname = "prod"\n'
        return first | second | {"crstandards.toml": text}

    off = b'rules = { CR301 = "off" }\n'
    solo = b'[[environments]]\nname = "dev"\n' + off
    rules = follow(tree(b""), tree(off), first | second | {"crstandards.toml": solo}, tree(off))
    assert ["CR301" in found for found in rules] == [True, True, False, True]
