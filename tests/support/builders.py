"""Small solutions in the shapes that Power Platform exports, and git repositories to put them in.

write_solution(
    repo.root / "src/HR", "ContosoHR",
    references=["con_outlook", ("con_teams", "shared_teams")],
    flows={"Send reminder": flow({"shared_office365": "con_outlook"})},
)
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from tests.support.program import run_forked

CORPUS = Path(
    os.environ.get("CRSTANDARDS_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus"
)
"""The folder of real solutions, which need not be there."""

OUTLOOK = "shared_office365"
TEAMS = "shared_teams"
SHAREPOINT = "shared_sharepointonline"
DATAVERSE = "shared_commondataserviceforapps"
SQL = "shared_sql"
APIS = "/providers/Microsoft.PowerApps/apis/"

Json = dict[str, Any]


class Reference(NamedTuple):
    """A declared connection reference; `custom` is a custom connector's id (a GUID)."""

    name: str
    connector: str = OUTLOOK
    display_name: str = ""
    description: str = ""
    custom: str = ""


class Missing(NamedTuple):
    """A connection reference that a manifest lists as a missing dependency."""

    name: str
    solution: str = "ContosoBase (1.0.0.0)"


References = Iterable[Reference | str | tuple[str, str]]
"""A name alone is a reference for Outlook; a pair is a name and a connector."""


def entry(reference: str, connector: str = OUTLOOK) -> Json:
    """An entry of a flow's `connectionReferences` that goes through a reference."""
    return {
        "runtimeSource": "embedded",
        "connection": {"connectionReferenceLogicalName": reference},
        "api": {"name": connector},
    }


def raw_entry(connector: str = OUTLOOK, connection: Mapping[str, str] | None = None) -> Json:
    """An entry that is a raw connection: by default as Dataverse exports it, with its name stripped."""
    return {
        "runtimeSource": "embedded",
        "connection": dict(connection or {}),
        "api": {"name": connector},
    }


def action(alias: str = OUTLOOK, connector: str = "", operation: str = "SendEmailV2") -> Json:
    """An operation that uses an alias; its connector is the alias without `_<number>` at its end."""
    host = {"connectionName": alias, "operationId": operation, "apiId": APIS + (connector or _plain(alias))}
    return {"runAfter": {}, "type": "OpenApiConnection", "inputs": {"host": host, "parameters": {}}}


def flow(
    entries: Mapping[str, Json | str | None] | None = None,
    actions: Mapping[str, Json] | None = None,
    triggers: Mapping[str, Json] | None = None,
) -> Json:
    """A cloud flow.

    `entries` by alias: an entry as JSON; or a reference's name, or None for a raw connection, where
    the connector is the alias without `_<number>` at its end. Without `actions`, one uses each alias.
    """
    given = {OUTLOOK: "con_outlook"} if entries is None else entries
    written = {
        alias: value if isinstance(value, dict) else _short_entry(alias, value)
        for alias, value in given.items()
    }
    if actions is None:
        actions = {
            f"Use_{alias}": action(alias, value.get("api", {}).get("name", ""))
            for alias, value in written.items()
        }
    return {
        "properties": {
            "connectionReferences": written,
            "definition": {
                "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
                "2016-06-01/workflowdefinition.json#",
                "contentVersion": "1.0.0.0",
                "parameters": {"$connections": {"defaultValue": {}, "type": "Object"}},
                "triggers": triggers
                or {"manual": {"type": "Request", "kind": "Button", "inputs": {"schema": {}}}},
                "actions": dict(actions),
            },
        },
        "schemaVersion": "1.0.0.0",
    }


def _short_entry(alias: str, reference: str | None) -> Json:
    return raw_entry(_plain(alias)) if reference is None else entry(reference, _plain(alias))


def _plain(alias: str) -> str:
    return re.sub(r"_\d+$", "", alias)


def raw_flow(connector: str = OUTLOOK) -> Json:
    """A flow whose one connection is raw."""
    return flow({connector: None})


def flow_guid(name: str) -> str:
    """The GUID of a flow of this display name, in capitals as in file names."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name)).upper()


def flow_file(name: str) -> str:
    """The file name of a flow: the letters and digits of its display name, and its GUID."""
    return f"{''.join(filter(str.isalnum, name))}-{flow_guid(name)}.json"


def to_json(document: Any) -> str:
    """JSON as exports have it: indented by two, no line end last."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def customizations(references: References = (), workflows: Iterable[str] = ()) -> str:
    """A `Customizations.xml`. In the flat layout it names the flows too: `workflows`, display names."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    lines.append('<ImportExportXml xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">')
    lines += ["  <Entities />", "  <Roles />"]
    names = list(workflows)
    lines += [
        "  <Workflows>",
        *(f"    {_workflow(name)}" for name in names),
        "  </Workflows>",
    ] if names else ["  <Workflows />"]  # fmt: skip
    declared = [_declaration(_reference(item)) for item in references]
    if declared:
        lines += ["  <connectionreferences>", *declared, "  </connectionreferences>"]
    lines += ["  <Languages>", "    <Language>1033</Language>", "  </Languages>", "</ImportExportXml>"]
    return "\n".join(lines) + "\n"


def _reference(item: Reference | str | tuple[str, str]) -> Reference:
    return Reference(item) if isinstance(item, str) else Reference(*item)


def _declaration(reference: Reference) -> str:
    name, connector, display_name, description, custom = reference
    optional = ""
    if custom:
        optional += f"      <customconnectorid><connectorid>{custom}</connectorid></customconnectorid>\n"
    if description:
        optional += f"      <description>{escape(description)}</description>\n"
    return (
        f"    <connectionreference connectionreferencelogicalname={quoteattr(name)}>\n"
        f"      <connectionreferencedisplayname>{escape(display_name or name)}"
        "</connectionreferencedisplayname>\n"
        f"      <connectorid>{APIS}{connector}</connectorid>\n"
        f"{optional}"
        "      <iscustomizable>1</iscustomizable>\n"
        "      <promptingbehavior>0</promptingbehavior>\n"
        "      <statecode>0</statecode>\n"
        "      <statuscode>1</statuscode>\n"
        "    </connectionreference>"
    )


def _workflow(name: str) -> str:
    guid = flow_guid(name).lower()
    return (
        f'<Workflow WorkflowId="{{{guid}}}" Name={quoteattr(name)}>'
        f"<JsonFileName>/Workflows/{escape(flow_file(name))}</JsonFileName>"
        "<Type>1</Type><Category>5</Category></Workflow>"
    )


def flow_metadata(name: str) -> str:
    """A flow's `.data.xml`, which holds its display name."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<Workflow WorkflowId="{{{flow_guid(name).lower()}}}" Name={quoteattr(name)}>\n'
        f"  <JsonFileName>/Workflows/{escape(flow_file(name))}</JsonFileName>\n"
        "  <Type>1</Type>\n"
        "  <Category>5</Category>\n"
        "</Workflow>\n"
    )


def manifest(
    name: str,
    *,
    version: str = "1.0.0.0",
    managed: Literal[0, 1, 2] = 0,
    prefix: str = "con",
    missing: Iterable[Missing] = (),
    components: Iterable[str] = (),
) -> str:
    """A `Solution.xml`. `components` are the display names of flows that it lists."""
    roots = "".join(
        f'      <RootComponent type="29" id="{{{flow_guid(title).lower()}}}" behavior="0" />\n'
        for title in components
    )
    dependencies = "\n".join(
        "      <MissingDependency>\n"
        f'        <Required type="connectionreference" displayName={quoteattr(item.name)} '
        f"solution={quoteattr(item.solution)} "
        f"id.connectionreferencelogicalname={quoteattr(item.name)} />\n"
        '        <Dependent type="29" displayName="A flow" />\n'
        "      </MissingDependency>"
        for item in missing
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<ImportExportXml version="9.2.24051.186" SolutionPackageVersion="9.2" languagecode="1033">\n'
        "  <SolutionManifest>\n"
        f"    <UniqueName>{escape(name)}</UniqueName>\n"
        "    <LocalizedNames>\n"
        f'      <LocalizedName description={quoteattr(name)} languagecode="1033" />\n'
        "    </LocalizedNames>\n"
        f"    <Version>{version}</Version>\n"
        f"    <Managed>{managed}</Managed>\n"
        "    <Publisher>\n"
        "      <UniqueName>contoso</UniqueName>\n"
        f"      <CustomizationPrefix>{prefix}</CustomizationPrefix>\n"
        "    </Publisher>\n"
        + (f"    <RootComponents>\n{roots}    </RootComponents>\n" if roots else "    <RootComponents />\n")
        + (
            f"    <MissingDependencies>\n{dependencies}\n    </MissingDependencies>\n"
            if dependencies
            else "    <MissingDependencies />\n"
        )
        + "  </SolutionManifest>\n</ImportExportXml>\n"
    )


def solution_files(
    name: str,
    references: References = ("con_outlook",),
    flows: Mapping[str, Json | str | bytes] | None = None,
    layout: Literal["unpacked", "flat"] = "unpacked",
    **of_manifest: Any,
) -> dict[str, bytes]:
    """A solution's files by their path inside its folder.

    `flows` by display name: JSON, or the file's text or bytes as they are; without it, one clean flow.
    Keywords go to `manifest`.
    """
    chosen = {"Send reminder": flow()} if flows is None else flows
    unpacked = layout == "unpacked"
    files = {
        "Other/Solution.xml" if unpacked else "solution.xml": manifest(name, **of_manifest),
        "Other/Customizations.xml" if unpacked else "customizations.xml": customizations(
            references, () if unpacked else chosen
        ),
    }
    contents: dict[str, bytes] = {path: text.encode() for path, text in files.items()}
    for title, document in chosen.items():
        path = f"Workflows/{flow_file(title)}"
        contents[path] = _bytes(to_json(document) if isinstance(document, dict) else document)
        if unpacked:
            contents[f"{path}.data.xml"] = flow_metadata(title).encode()
    return contents


def flow_component(name: str) -> str:
    """The folder of a flow in the YAML layout, from the root."""
    return f"modernflows/{flow_guid(name).lower()}"


def yaml_files(
    name: str,
    references: References = ("con_outlook",),
    flows: Mapping[str, Json] | None = None,
    components: Iterable[str] | None = None,
) -> dict[str, bytes]:
    """A solution's files in the layout of Dataverse's git integration, by their path from the root.

    `flows` by display name; without it, one clean flow. `components` are the paths that the solution
    lists: by default all that is there, as the service writes them.
    """
    chosen = {"Send reminder": flow()} if flows is None else flows
    declared = [_reference(item) for item in references]
    files = {
        f"solutions/{name}/solution.yml": "ImportExportXml:\n  '@version': 9.2.26053.152\n"
        f"  SolutionManifest:\n    UniqueName: {name}\n    Version: 1.0.0.0\n    Managed: 0\n",
        **{f"connectionreferences/{item.name}/connectionreference.yml": _yaml(item) for item in declared},
    }
    for title, document in chosen.items():
        folder = flow_component(title)
        files[f"{folder}/{flow_file(title)}"] = to_json(document)
        files[f"{folder}/workflow.yml"] = workflow_yml(title)
    if components is None:
        components = dict.fromkeys(
            f"/{path.rpartition('/')[0]}" for path in files if "solutions/" not in path
        )
    listed = "".join(f"  - '@path': {path}\n" for path in components)
    files[f"solutions/{name}/solutioncomponents.yml"] = f"SolutionComponents:\n  Component:\n{listed}"
    return {path: text.replace("\n", "\r\n").encode() for path, text in files.items()}


def _yaml(reference: Reference) -> str:
    name, connector, display_name, _, custom = reference
    own = f"  customconnectorid:\n    connectorid: {custom}\n" if custom else ""
    return (
        f"connectionreference:\n  '@connectionreferencelogicalname': {name}\n"
        f"  connectionreferencedisplayname: {display_name or name}\n  connectorid: {APIS}{connector}\n"
        f"{own}  iscustomizable: 1\n  statecode: 0\n  statuscode: 1\n"
    )


def workflow_yml(name: str, category: int = 5) -> str:
    """What stands beside a flow in the YAML layout: its display name, and which file it is in."""
    return (
        f"Workflow:\n  '@WorkflowId': '{{{flow_guid(name).lower()}}}'\n  '@Name': {name}\n"
        f"  JsonFileName: /{flow_component(name)}/{flow_file(name)}\n  Category: {category}\n"
    )


def write_solution(
    folder: Path,
    name: str,
    references: References = ("con_outlook",),
    flows: Mapping[str, Json | str | bytes] | None = None,
    layout: Literal["unpacked", "flat"] = "unpacked",
    **of_manifest: Any,
) -> Path:
    """Write a solution (see `solution_files`) into a folder, beside what is there; returns the folder."""
    write_files(folder, solution_files(name, references, flows, layout, **of_manifest))
    return folder


def zip_solution(
    archive: Path,
    name: str,
    references: References = ("con_outlook",),
    flows: Mapping[str, Json | str | bytes] | None = None,
    **of_manifest: Any,
) -> Path:
    """Write an exported solution zip, of the flat layout; returns its path."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path, content in solution_files(name, references, flows, "flat", **of_manifest).items():
            target.writestr(path, content)
    return archive


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files by their path inside a folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_bytes(content))


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def clean_environment(home: Path) -> dict[str, str]:
    """An environment in which git, pre-commit and crstandards see nobody's settings but `home`'s."""
    unwanted = (
        "GIT_",
        "PRE_COMMIT",
        "CRSTANDARDS_",
        "SKIP",
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "PYTHONPATH",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    config = home / ".gitconfig"
    if not config.exists():
        home.mkdir(parents=True, exist_ok=True)
        config.write_text(
            "[user]\n\tname = Test\n\temail = test@contoso.com\n"
            "[init]\n\tdefaultBranch = main\n"
            "[core]\n\tautocrlf = false\n"
            "[advice]\n\tdetachedHead = false\n"
            "[commit]\n\tgpgSign = false\n"
            '[protocol "file"]\n\tallow = always\n',
            encoding="utf-8",
        )
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
        "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
        "GIT_EDITOR": "true",
        "PYTHONIOENCODING": "utf-8",
        # The interpreter of the tests first: hooks find its `crstandards`.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
    }


class Ran(NamedTuple):
    """A process that has ended; bytes of its output that are not UTF-8 stand as surrogates."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both outputs, the errors last."""
        return self.out + self.err


def _ran(status: int, *said: bytes) -> Ran:
    return Ran(status, *(stream.decode("utf-8", "surrogateescape") for stream in said))


class Repo:
    """A git repository, and processes run in it with an environment of its own."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self.root = root
        self.environment = dict(environment)

    @classmethod
    def create(cls, root: Path, environment: Mapping[str, str], *options: str) -> Repo:
        """`git init` with options (`--bare`, `--object-format=sha256`)."""
        root.mkdir(parents=True, exist_ok=True)
        made = cls(root, environment)
        made.git("init", "--quiet", *options)
        return made

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | bytes = b"",
        check: bool = False,
        timeout: float = 120,
    ) -> Ran:
        """Run any command at the root. `env` adds to the environment, and takes out what is empty."""
        done = subprocess.run(
            [os.fspath(part) for part in command],
            cwd=cwd or self.root,
            env=self._with(env),
            input=_bytes(stdin),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        ran = _ran(done.returncode, done.stdout, done.stderr)
        assert not check or ran.status == 0, f"{command} ended in {ran.status}:\n{ran.text}"
        return ran

    def git(self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
        """Run git, which must succeed; returns its standard output, stripped."""
        return self.run(("git", *arguments), cwd=cwd, env=env, check=True).out.strip()

    def try_git(self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
        """Run git, which may fail."""
        return self.run(("git", *arguments), cwd=cwd, env=env)

    def crstandards(
        self,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | bytes = b"",
    ) -> Ran:
        """Run crstandards as a process of its own."""
        if sys.platform == "win32":
            return self.run((sys.executable, "-m", "crstandards", *arguments), cwd=cwd, env=env, stdin=stdin)
        return _ran(*run_forked(arguments, os.fspath(cwd or self.root), self._with(env), _bytes(stdin)))

    def _with(self, env: Mapping[str, str] | None) -> dict[str, str]:
        """The environment with what `env` adds to it, and without what is empty there."""
        added = env or {}
        return {
            name: value for name, value in {**self.environment, **added}.items() if value or name not in added
        }

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file."""
        write_files(self.root, {path: content})
        return self.root / path

    def remove(self, path: str) -> None:
        """Remove a file or a folder from the index and the working tree."""
        self.git("rm", "-r", "--quiet", "--force", "--", path)

    def commit(self, message: str = "Change", *options: str) -> str:
        """Stage everything and commit past all hooks; returns the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--allow-empty", "--message", message, *options)
        return self.git("rev-parse", "HEAD")
