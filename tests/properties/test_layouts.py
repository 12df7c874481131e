"""One solution, written in each layout: the same findings, with the same severities and fingerprints."""

from __future__ import annotations

from random import Random

import pytest

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy.configuration import Config
from crstandards.rules import RULES
from tests.support.builders import (
    DATAVERSE,
    OUTLOOK,
    SHAREPOINT,
    TEAMS,
    Json,
    Missing,
    Reference,
    action,
    entry,
    flow,
    flow_guid,
    raw_entry,
    solution_files,
    yaml_files,
)
from tests.support.memory import AS_OF, Memory, Tree

CONNECTORS = (OUTLOOK, TEAMS, SHAREPOINT, DATAVERSE, "shared_con-5fx-5f0123456789abcdef", "shared_")
NAMES = [f"con_{letter}" for letter in "abcdef"]


def drawn(seed: int) -> tuple[list[Reference], dict[str, Json], list[Missing], list[str]]:
    """References, flows by display name, missing dependencies, and the flows whose files are not there."""
    random = Random(seed)
    references = [
        Reference(name, random.choice(CONNECTORS), random.choice(["", "Shown", name]))
        for name in random.sample(NAMES, random.randint(0, 5))
    ]
    connectors = {item.name: item.connector for item in references}
    flows: dict[str, Json] = {}
    for title in random.sample(["New hire", "Leaver", "Child", "Sync"], random.randint(0, 4)):
        entries: Json = {}
        for number in range(random.randint(0, 3)):
            name = random.choice(NAMES)
            used = entry(name, connectors.get(name, random.choice(CONNECTORS[:4])))
            used["runtimeSource"] = random.choice(["embedded", "embedded", "invoker"])
            entries[f"alias_{number}"] = random.choice([used, used, raw_entry(random.choice(CONNECTORS[:4]))])
        actions = {
            f"Do_{alias}": action(alias, OUTLOOK) for alias in (*entries, "lost") if random.random() < 0.6
        }
        if random.random() < 0.3:
            host = {"workflowReferenceName": flow_guid("Child").lower()}
            actions["Run"] = {"type": "Workflow", "inputs": {"host": host}}
        if random.random() < 0.2:
            actions["Say"] = {"type": "Compose", "inputs": "/connections/0123456789abcdef0123456789abcdef"}
        flows[title] = flow(entries, actions)
    missing = [
        Missing(name, random.choice(["Active", "ContosoCore (1.0)"]))
        for name in NAMES
        if random.random() < 0.15
    ]
    return references, flows, missing, [title for title in flows if random.random() < 0.1]


def written(seed: int, layout: str) -> Tree:
    """The solution in a layout."""
    references, flows, missing, gone = drawn(seed)
    if layout == "yaml":
        files = yaml_files("ContosoHR", references, flows)
        required = "".join(
            f"    - Required:\n        '@type': connectionreference\n        '@solution': {item.solution}\n"
            f"        '@id.connectionreferencelogicalname': {item.name}\n"
            for item in missing
        )
        if missing:
            text = f"MissingDependencies:\n  MissingDependency:\n{required}"
            files["solutions/ContosoHR/missingdependencies.yml"] = text.encode()
    elif layout == "flat":
        files = solution_files("ContosoHR", references, flows, "flat", missing=missing)
    else:
        files = solution_files("ContosoHR", references, flows, missing=missing)
    guids = [flow_guid(title) for title in gone]
    return {
        path: data
        for path, data in files.items()
        if not (path.endswith(".json") and any(guid in path for guid in guids))
    }


def told(tree: Tree) -> list[tuple[str, str, str]]:
    """Rule, severity and fingerprint of what is found."""
    report = full_report(Session(Memory(tree), Config(), RULES, AS_OF, whole=True))
    return sorted((item.rule.id, item.severity, item.fingerprint) for item in report.findings)


@pytest.mark.parametrize("seed", range(150))
def test_the_same_is_found_in_each_layout(seed: int) -> None:
    unpacked = told(written(seed, "unpacked"))
    assert told(written(seed, "flat")) == unpacked
    assert told(written(seed, "yaml")) == unpacked
