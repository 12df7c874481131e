from __future__ import annotations

from crstandards.findings import Finding, Rule, Severity, Subject, fingerprint
from crstandards.places import Place, Span
from crstandards.reported import (
    Fix,
    Link,
    LocatedRelated,
    Replacement,
    Report,
    Reported,
    Source,
    Summary,
    Suppression,
)

_SEE = "https://learn.microsoft.com/power-apps"
_ENTRY = ("flow", "alias", "connector", "operations")
_GROUP = ("connector", "references", "keep")
RAW = Rule("CR101", "raw-connection", "error", "a raw connection", _SEE, data=_ENTRY)
DUPLICATE = Rule(
    "CR201", "duplicate-connector", "error", "several references for one connector", _SEE, data=_GROUP
)
UNUSED = Rule(
    "CR504", "unused-reference", "warning", "a reference that nothing uses", _SEE, data=("references",)
)
ALIAS = Rule("CR203", "duplicate-alias", "note", "several aliases for one reference", _SEE)

HOSTILE = (
    "##vso[task.complete result=Succeeded;]done",
    "##[error]x",
    "::error::x",
    " ::set-output name=a::b",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link",
    "]]>",
    "--></script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u202egnp.exe\u2066",
    "%0A::error::x%0D%25%3B%5D%AZP250A",
    "`code` ``` *b* _i_ ~~s~~",
    "a|b||c\\|d",
    "[click](1) [me](http://evil.example) {0} {{1}}",
    "line\nbreak\r\n::error::x\u2028y\x85z",
    "@everyone #123 GH-1 www.evil.example http://evil.example",
    "&lt;b&gt; &amp; &#35; #quot; %%{init: {}}%%",
    "\udc80\ud800\ufffe\uffff\x00",
    "$x$ \\( end subgraph ;",
    '"; malicious=[label="x"] \\N',
)
"""Names that some reader of a report would act on."""

FLOW = "src/HR/Workflows/Sendreminder-1F2E3D4C-0000-0000-0000-000000000001.json"


ALSO = [
    'also: line 84: action "Send_an_email_(V2)" uses it',
    "also: src/HR/Other/Customizations.xml:12:9: con_outlook is declared here",
]
"""What belongs to `raw_in_reminder`, as all formats say it."""


def reported(
    rule: Rule = RAW,
    *,
    solution: str = "ContosoHR",
    span: Span | None = None,
    message: str = "Something is wrong.",
    help_: str = "",
    severity: Severity | None = None,
    related: tuple[LocatedRelated, ...] = (),
    fixable: bool = False,
    suppressed: Suppression | None = None,
    subject: Subject | None = None,
    involves: tuple[str, ...] = (),
    fix: Fix | None = None,
) -> Reported:
    span = span or Span("src/HR/a.json")
    finding = Finding(
        rule=rule.id,
        solution=solution,
        place=Place(span.path),
        message=message,
        help=help_,
        identity=(solution, message),
        subject=subject or Subject(),
        fixable=fixable,
        involves=involves,
    )
    return Reported(
        rule, finding, severity or rule.severity, span, related, fingerprint(finding), suppressed, fix
    )


def hostile(name: str) -> Report:
    """A report in which a name stands wherever one can."""
    return report(
        reported(
            solution=name,
            span=Span(name, 2, 3, 2, 3 + len(name), f"  {name}: 1"),
            message=f"Flow {name} is raw.",
            help_=f"{name}\n{name}",
            related=(LocatedRelated(Span(name, 4, 1, 5, 2), name), LocatedRelated(Span("b"), "")),
            subject=Subject(flow=name, alias=name, connector=name, operations=[name]),
            fix=Fix(name, (Replacement(Span(name, 2, 3, 2, 4), name),)),
        ),
        reported(
            UNUSED, solution=name, span=Span(""), message=name, suppressed=Suppression("exception", name)
        ),
        reported(ALIAS, solution="", span=Span(name, 9, 1, 9, 2), message=name),
    )._replace(
        checked=(name,),
        rules=(RAW, UNUSED, ALIAS),
        links=(
            Link("flow", name, name, name, name, name, name, (name,), ("duplicate",), (name,)),
            Link("canvas app", name, name, name, name, "", name, (name,), ("raw",)),
            Link("", "", name, name, "", name, name),
        ),
    )


def related(path: str, line: int, message: str) -> LocatedRelated:
    return LocatedRelated(Span(path, line, 9, line, 30), message)


def report(*findings: Reported, source: Source = "worktree", solutions: int = 3) -> Report:
    counting = [finding.severity for finding in findings if finding.suppressed is None]
    summary = Summary(
        solutions=solutions,
        flows=41,
        references=18,
        errors=counting.count("error"),
        warnings=counting.count("warning"),
        notes=counting.count("note"),
        suppressed=len(findings) - len(counting),
    )
    return Report(source, findings, summary)


def raw_in_reminder() -> Reported:
    return reported(
        span=Span(FLOW, 5, 9, 5, 27, '        "shared_office365": {'),
        message='Flow "Send reminder" uses the connection behind "shared_office365" directly.',
        help_=(
            "Open the flow in its solution, choose Details, then Connection References, and pick the "
            "reference for Office 365 Outlook.\n"
            "- In the source: connectionReferenceLogicalName under connection names the reference, say "
            "con_outlook."
        ),
        related=(
            related(FLOW, 84, 'action "Send_an_email_(V2)" uses it'),
            related("src/HR/Other/Customizations.xml", 12, "con_outlook is declared here"),
        ),
        subject=Subject(
            flow="Send reminder",
            alias="shared_office365",
            connector="shared_office365",
            operations=["Send_an_email_(V2)"],
        ),
    )


def duplicate_outlook() -> Reported:
    return reported(
        DUPLICATE,
        span=Span(
            "src/HR/Other/Customizations.xml",
            12,
            3,
            12,
            71,
            '\t\t<connectionreference connectionreferencelogicalname="con_outlook_2">',
        ),
        message="2 references for Office 365 Outlook in one solution: con_outlook and con_outlook_2.",
        help_="Keep con_outlook. Move the flows that use con_outlook_2 to it, then remove con_outlook_2.",
        fixable=True,
        subject=Subject(
            connector="shared_office365", references=["con_outlook", "con_outlook_2"], keep="con_outlook"
        ),
    )
