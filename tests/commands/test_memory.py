from __future__ import annotations

import json

from tests.support.builders import OUTLOOK, Repo, action, flow, flow_file, raw_entry, to_json, write_solution

FLOW = f"HR/Workflows/{flow_file('Send reminder')}"
WIPED = to_json(flow({}, actions={"Send": action(OUTLOOK)}))


def committed(repo: Repo, entries: dict[str, object]) -> None:
    write_solution(repo.root / "HR", "ContosoHR", flows={"Send reminder": flow(entries)})  # type: ignore[arg-type]
    repo.commit()


def test_a_wiped_map_is_told_from_head(repo: Repo) -> None:
    committed(repo, {OUTLOOK: "con_outlook"})
    repo.write(FLOW, WIPED)
    said = 'In HEAD, "shared_office365" was the connection reference con_outlook for shared_office365.'
    assert said in " ".join(repo.crstandards("check", env={"COLUMNS": "200"}).out.split())
    repo.git("add", "--all")
    for command in (["check", "--staged"], ["hook", "pre-commit"]):
        ran = repo.crstandards(*command, env={"COLUMNS": "200"})
        assert (ran.status, said in " ".join(ran.out.split())) == (1, True), ran.text


def test_a_raw_connection_is_told_too(repo: Repo) -> None:
    committed(repo, {OUTLOOK: raw_entry()})
    repo.write(FLOW, WIPED)
    assert "was a raw connection for shared_office365" in " ".join(repo.crstandards("check").out.split())


def test_what_programs_read_does_not_hang_on_history(repo: Repo) -> None:
    committed(repo, {OUTLOOK: "con_outlook"})
    repo.write(FLOW, WIPED)
    before = repo.crstandards("check", "--format", "json").out
    assert json.loads(before)["summary"]["errors"] == 1
    repo.crstandards("check", "--output", "json=report.json")
    assert (repo.root / "report.json").read_text("utf-8") == before
    (repo.root / "report.json").unlink()
    repo.commit()
    assert repo.crstandards("check", "--format", "json").out == before


def test_where_head_knows_nothing_nothing_is_said(repo: Repo) -> None:
    write_solution(repo.root / "HR", "ContosoHR", flows={"Send reminder": WIPED})
    unborn = repo.crstandards("check")
    assert unborn.status == 1
    repo.commit()
    broken = "{"
    for text in (WIPED, broken):
        repo.write(FLOW, text)
        repo.commit()
        repo.write(FLOW, WIPED)
        assert repo.crstandards("check").out == unborn.out
    assert repo.crstandards("check", "--rev", "HEAD").status == 1
