"""What part of a solution a file is, told from its path alone.

Folder and file names are compared without letter case. Nothing here costs an import: a hook asks it of
every changed path before anything else is loaded.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_GUID = r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
YAML_FLOWS = "modernflows"
CODE_APP = "power.config.json"
_SOURCE = (".json", ".xml", ".yml")
NESTED = ("app", "agent", "connector")
_CLONED = {"workflow.json": "clone", "metadata.yml": "clone:metadata"}
_YAML_SOLUTION = {
    "solution.yml": "yaml:manifest",
    "solutioncomponents.yml": "yaml:components",
    "missingdependencies.yml": "yaml:missing",
    "rootcomponents.yml": "yaml:roots",
}
YAML_COMPONENTS = ("yaml:reference", "yaml:publisher", "yaml:app", "yaml:connector", "yaml:variable")
_PARAMETER_FILES = ("_connectionparameters.json", "_connectionparametersets.json")
_PACKAGED_FLOWS = "microsoft.flow/flows"

# Of each file that is part of a solution, the folder's path holds one of these, or the name.
_TELLING_FOLDERS = (
    *("workflows", "modernflows", "canvasapps", "connector", "connections", "botcomponents"),
    "microsoft.flow",
)
_TELLING_NAMES = (
    *("solution.xml", "customizations.xml", ".yml\0", "\0other\0", "\0workflows\0", "\0modernflows\0"),
    *("dvtablesearch", "botcomponent_connectionreferenceset", CODE_APP),
)


_LONG_NAMES = (
    *("workflows", "modernflows", "connectionreferences", "solutions", "publishers"),
    *("canvasapps", "connections", "connectors", "botcomponents"),
)
# What HFS+ leaves out of names when it compares them, as git counts them in utf8.c.
_IGNORED = dict.fromkeys((*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF))


def flow_guid(path: str) -> str:
    """The GUID that names a flow, lower case: the last one in its file name, or else that of the folder
    which is its alone; "" where there is none.
    """
    import re

    for name in (path, flow_folder(path)):
        if found := re.findall(_GUID, name.rpartition("/")[2]):
            return str(found[-1]).lower()
    return ""


def flow_folder(path: str) -> str:
    """The folder that is a single flow's in the YAML layout, around a file in it: `modernflows/<guid>`.

    The folder of a cloned agent's flow is its alone, too. "" for other files: in all other folders, several
    flows lie side by side.
    """
    folder, _, name = path.rpartition("/")
    collection = folder.rpartition("/")[0].rpartition("/")[2].lower()
    is_cloned = collection == "workflows" and name.lower() in _CLONED
    return folder if collection == YAML_FLOWS or is_cloned else ""


def plain_path(path: str) -> str:
    """A path from the root in its one plain spelling: `\\a//./b/` is `a/b`. Nothing leads out of the root."""
    import posixpath

    return posixpath.normpath("/" + path.replace("\\", "/")).strip("/")


def is_source(path: str) -> bool:
    """Whether a file of this name may be read for a check, wherever it stands."""
    return part_of(path) is not None


def owners(
    path: str,
    folders: "Collection[str]",
    in_yaml: "Collection[str]",
    loose: "Collection[str]" = (),
    manifests: "Collection[str]" = (),
) -> tuple[str, ...]:
    """The folders of the solutions that a path belongs to, among those known; none for other files.

    Only in the YAML layout can there be several, and beside them one of another layout around their
    common root. A part that lies directly in its solution names its folder even where that is not known
    (any more). `in_yaml` are those of the folders whose solutions have that layout; `loose` those that hold
    flows without a solution: which these are, the lists of the YAML layout's solutions tell. `manifests` are
    those that have a manifest, to one of which a code app may belong.
    """
    part = part_of(path)
    if part is None:
        return ()
    kind, folder = part
    below = f"{folder}/solutions/" if folder else "solutions/"
    sharing: tuple[str, ...] = ()
    if kind in ("flow", "metadata", "agent", *YAML_COMPONENTS):
        sharing = tuple(known for known in in_yaml if known.startswith(below))
    if kind in ("yaml:manifest", "yaml:components") and (root := yaml_root(folder)) in loose:
        return folder, root
    if kind == "code app":
        return (holder(folder, manifests) or folder,)
    if kind not in NESTED:
        return (*sharing, folder) if folder in folders or not sharing else sharing
    while folder not in folders:
        if not folder:
            return sharing
        folder = folder.rpartition("/")[0]
    return (*sharing, folder)


def holder(folder: str, manifests: "Collection[str]") -> str | None:
    """The folder of the one solution to which a code app in this folder belongs: of the nearest folder above
    that holds a solution, if it is one. None where there are several, or none.
    """
    while True:
        held = [known for known in manifests if covers([folder], known)]
        if held or not folder:
            return held[0] if len(held) == 1 else None
        folder = folder.rpartition("/")[0]


def is_flow(path: str) -> bool:
    """Whether a file of this name may hold a flow of a solution."""
    part = part_of(path)
    return part is not None and part[0] == "flow"


def manifest_home(path: str) -> str | None:
    """The folder in which all hangs together because a manifest lies at this path; None for other files."""
    part = part_of(path)
    return home_by(*part) if part else None


def home_by(kind: str, folder: str) -> str | None:
    """As `manifest_home`, told from what `part_of` says of a path."""
    if kind == "yaml:manifest":
        return yaml_root(folder)
    return folder if kind.endswith(":solution.xml") else None


def home(folder: str, manifest_homes: "Collection[str]") -> str:
    """The outermost folder around the one of a `part_of` in which a manifest makes all hang together.

    Where there is none, the folder itself. What lies in different homes never makes one candidate.
    """
    found = folder
    while True:
        if folder in manifest_homes:
            found = folder
        if not folder:
            return found
        folder = folder.rpartition("/")[0]


def part_of(path: str) -> tuple[str, str] | None:
    """What part of a solution a file is, and the folder of the solution that it would belong to."""
    if is_doubtful(path):
        kind, folder = _part_of(_folded(path)) or ("", "")
        # Folding changes letters, and no number of folders.
        return kind, "/".join(path.split("/")[: folder.count("/") + 1]) if folder else ""
    return _part_of(path)


def holds_no_part(folder: str, names: str) -> bool:
    """Whether it is plain that no file in a folder is part of a solution: as of most in a large one.

    The files' names stand in lower case between NULs. In any other folder, each file is to be asked about.
    """
    folder = folder.lower()
    return (
        folder.isascii()
        and names.isascii()
        and not any(word in folder for word in _TELLING_FOLDERS)
        and not any(word in names for word in _TELLING_NAMES)
    )


def is_doubtful(path: str) -> bool:
    """Whether a path is that of source only on disks that take some of its letters for others: on some, a
    folder that is called with a long s, U+017F, is the folder with an s, and `workfl~1` is short for one;
    on others, letters that nobody sees count for nothing.
    """
    return (
        (not path.isascii() or "~" in path)
        and (folded := _folded(path)) != path.lower()
        and _part_of(path) is None
        and _part_of(folded) is not None
    )


def _folded(path: str) -> str:
    """A path as a disk may take it that minds neither letter case nor long names of folders."""
    folded = (path if path.isascii() else path.translate(_IGNORED)).casefold()
    if "~" not in folded:
        return folded
    # https://learn.microsoft.com/windows/win32/fileio/naming-a-file#short-vs-long-names
    return "/".join(
        next((long for long in _LONG_NAMES if part[:7] == long[:6] + "~" and part[7:].isdigit()), part)
        for part in folded.split("/")
    )


def _part_of(path: str) -> tuple[str, str] | None:
    folder, _, name = path.rpartition("/")
    lower = name.lower()
    if "." in lower and not lower.endswith(_SOURCE):
        return None
    above, _, parent = folder.rpartition("/")
    root, _, collection = above.rpartition("/")
    match collection.lower(), parent.lower(), lower:
        case _, "other", "solution.xml" | "customizations.xml":
            return "unpacked:" + lower, above
        case _, _, "solution.xml" | "customizations.xml":
            return "flat:" + lower, folder
        case _, "workflows" | "modernflows", _ if lower.endswith((".json", ".json.data.xml")):
            return "flow" if lower.endswith(".json") else "metadata", above
        case "workflows", _, "workflow.json" | "metadata.yml" if flow_guid(path):
            return _CLONED[lower], root
        case _, _, "power.config.json":
            return "code app", folder
        case _, "assets", "botcomponent_connectionreferenceset.xml":
            return "agent", above
        case _, _, "botcomponent_connectionreferenceset.xml" | "connectionreferences.mcs.yml":
            return "agent", folder
        case _, "connections", "connections.json":
            return "app", above
        case _, _, "dvtablesearch.xml" | "dvtablesearch.yml" | "botcomponent_connectionreference.yml":
            return "agent", root
        case "botcomponents", _, "data" | "botcomponent.yml":
            return "agent", root
        case _, "connectors" | "connector", _ if lower.endswith((*_PARAMETER_FILES, ".xml")):
            return "connector", above
        case "connectors", _, _ if lower.endswith((*_PARAMETER_FILES, "connector.yml")):
            return "yaml:connector", root
        case _, "connectors", _ if lower.endswith(".yml"):
            return "yaml:connector", above
        case "environmentvariabledefinitions", _, "environmentvariabledefinition.yml":
            return "yaml:variable", root
        case "flows", _, "definition.json" if f"/{above}".lower().endswith(f"/{_PACKAGED_FLOWS}"):
            return "package", above[: -len(_PACKAGED_FLOWS)].rstrip("/")
        case "solutions", _, "solution.yml" | "solutioncomponents.yml" | "missingdependencies.yml" | (
            "rootcomponents.yml"
        ):
            return _YAML_SOLUTION[lower], folder
        case "connectionreferences", _, "connectionreference.yml":
            return "yaml:reference", root
        case "publishers", _, "publisher.yml":
            return "yaml:publisher", root
        case "modernflows", _, _ if lower.endswith(".json") or lower == "workflow.yml":
            return "flow" if lower.endswith(".json") else "metadata", root
        case "canvasapps", _, _ if lower.endswith((".meta.yml", "canvasapp.yml")):
            return "yaml:app", root
        case _, "canvasapps", _ if lower.endswith((".meta.xml", ".meta.yml")):
            return "app" if lower.endswith(".xml") else "yaml:app", above
        # Not a folder, or it would not be listed: a link, say.
        case _, _, "workflows" | "modernflows":
            return "flow", folder
        case _, "modernflows", _ if flow_guid(path) == lower:
            return "flow", above
        case _, _, "other":
            return "unpacked:solution.xml", folder
    return None


def yaml_root(folder: str) -> str:
    """The root of the YAML layout in which `<root>/solutions/<Name>` lies."""
    return folder.rpartition("/")[0].rpartition("/")[0]


def is_hidden(folder: str) -> bool:
    """Whether a folder belongs to a tool (`.github/workflows` and the like)."""
    return any(part.startswith(".") for part in folder.split("/"))


def covers(folders: "Sequence[str]", path: str) -> bool:
    """Whether a path lies in one of the folders; "" is the whole tree."""
    return any(not folder or path == folder or path.startswith(folder + "/") for folder in folders)


def folders_above(path: str) -> "Iterator[str]":
    """The folders around a path, the nearest first; not the root, "".

    >>> list(folders_above("a/b/c"))
    ['a/b', 'a']
    """
    while path := path.rpartition("/")[0]:
        yield path
