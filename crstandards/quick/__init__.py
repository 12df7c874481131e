"""The commit hook's fast path: proves the usual commit clean, or gives up.

Loading the whole check costs more than reading the few files of a commit. So what is staged is looked
at here first, for the simplest shape of "clean", by readers that load next to nothing. They share with
the whole check what is JSON, XML and text; of what that says they know one plain shape.

This may only ever say "proved clean". With any doubt (another layout, an app, an agent, an environment,
anything that any rule might speak of, an error) the whole check runs from its beginning, and that alone
speaks to people. It can be taken out again without a trace: `cli` asks `door` in one place.
"""

MANIFEST, CUSTOMIZATIONS = "unpacked:solution.xml", "unpacked:customizations.xml"
PLAIN = ("flow", "metadata", MANIFEST, CUSTOMIZATIONS)
"""The parts of the solutions that can be proved clean, as `part_of` calls them."""
