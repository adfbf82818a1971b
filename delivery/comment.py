"""A preview as a reviewer reads it: what can't be taken back on top, then why, then all the rest."""

from __future__ import annotations

from collections.abc import Sequence

from delivery.preview import Change, Difference, Kind, Preview

LIMIT = 65_000
"""GitHub refuses a comment of more than 65,536 characters."""

GRAPH_LIMIT = 15_000
"""So many of them the reviewed graph may take: what a preview says comes first."""

_WORDS: dict[Kind, str] = {
    "replace": "replaced",
    "delete": "deleted",
    "update": "updated",
    "create": "created",
    "import": "imported",
}


def drift(stack: str, preview: Preview) -> str:
    """Return what of a stack is not as the program left it, as a section of an issue."""
    rows = [f"| {_name(change)} | {_WORDS[change.kind]} | {_differences(change)} |" for change in preview.changes]
    table = ["| Resource | outside of the program it was | |", "|---|---|---|", *rows] if rows else []
    return "\n\n".join(part for part in (f"### `{stack}`", _errors(preview), "\n".join(table)) if part)


def marker(stack: str) -> str:
    """Return what the comment of a stack's preview begins with, so that a later one finds and replaces it."""
    return f"<!-- groundwork: preview of {stack} -->"


def summary(preview: Preview) -> str:
    """Return the counts in one line: ``1 replaced, 2 updated, 180 unchanged``."""
    counts = [f"{len(changes)} {_WORDS[kind]}" for kind in _WORDS if (changes := preview.of(kind))]
    if not counts:
        return f"no changes, {preview.unchanged} unchanged"
    return ", ".join([*counts, f"{preview.unchanged} unchanged"])


def render(
    stack: str,
    preview: Preview,
    *,
    graph: Preview | None = None,
    reasons: Sequence[str] = (),
    cost: str = "",
    log: str = "",
    failed: str = "",
) -> str:
    """Return the comment in Markdown.

    graph: what changes in the stack's reviewed graph. reasons: why the stack is affected. cost: the difference of the
    monthly bill, in Markdown. log: address of the run. failed: what ended in error, such as ``the preview``: its counts
    are what it got to, and no cost is told, since nobody knows what it did not get to.
    What does not fit into a comment is left out from the end, and said to be.
    """
    parts = [f"### `{stack}`: {_headline(preview, failed)}"]
    parts += [_errors(preview), _at_stake(preview), _policies(preview)]
    parts += [_table("Replaced", preview.of("replace")), _table("Deleted", preview.of("delete"))]
    parts += [f"**Cost**: {cost}"] if cost and not failed else []
    folded: list[Kind] = ["update", "create", "import"]
    parts += [_folded(kind, preview.of(kind)) for kind in folded]
    parts += [_graph(graph)] if graph else []
    if reasons:
        parts.append(f"<sub>Previewed because {'; '.join(map(_text, reasons[:6]))}{_more(len(reasons) - 6)}.</sub>")
    if log:
        parts.append(f"<sub>[The whole log]({log})</sub>")
    return _fit([part for part in parts if part], log)


def _headline(preview: Preview, failed: str) -> str:
    if not failed:
        return summary(preview)
    return f"{failed} failed{f': {summary(preview)}' if preview.changes else ''}"


def _fit(parts: list[str], log: str) -> str:
    body = "\n\n".join(parts)
    if len(body) <= LIMIT:
        return body + "\n"
    rest = f"_More than fits into a comment: {f'see [the log]({log})' if log else 'the rest is in the log'}._"
    kept: list[str] = []
    room = LIMIT - len(rest)
    for part in parts:
        room -= len(part) + 2
        if room < 0:
            break
        kept.append(part)
    return "\n\n".join([*kept, rest]) + "\n"


def _errors(preview: Preview) -> str:
    if not preview.errors:
        return ""
    said = "\n".join(preview.errors)[:4000].replace("```", "'''")
    return f"```\n{said}\n```"


def _at_stake(preview: Preview) -> str:
    rows = [
        f"> - {_name(change)} would be **{_WORDS[change.kind]}**: {change.holds}{_why(change)}{_guard(change)}"
        for kind in ("replace", "delete")
        for change in preview.of(kind)
        if change.holds
    ]
    return "\n".join(["> [!CAUTION]", "> **This takes away what no later `up` brings back.**", *rows]) if rows else ""


def _why(change: Change) -> str:
    return f", because {', '.join(_code(path) for path in change.because)} changed" if change.because else ""


def _guard(change: Change) -> str:
    return ". It is protected: the update will be refused" if change.protected else ""


def _policies(preview: Preview) -> str:
    if not preview.violations:
        return f"**Policies**: {', '.join(map(_code, preview.packs))} passed" if preview.packs else ""
    ordered = sorted(preview.violations, key=lambda each: (each.level != "mandatory", each.policy))
    rows = [
        f"| {each.level} | {_code(each.policy)} | {_code(each.urn.split('::', 3)[-1])} | {_text(each.message)} |"
        for each in ordered
    ]
    return "\n".join(["**Policies**", "", "| | Policy | Resource | |", "|---|---|---|---|", *rows])


def _table(title: str, changes: list[Change]) -> str:
    if not changes:
        return ""
    # What holds something first; the engine's order else.
    ordered = sorted(changes, key=lambda change: not change.holds)
    rows = [f"| {_name(change)} | {_differences(change)} |" for change in ordered]
    return "\n".join([f"**{title}**", "", "| Resource | |", "|---|---|", *rows])


def _folded(kind: Kind, changes: list[Change]) -> str:
    if not changes:
        return ""
    rows = [f"| {_name(change)} | {_differences(change)} |" for change in changes]
    head = f"<details><summary>{len(changes)} {_WORDS[kind]}</summary>"
    return "\n".join([head, "", "| Resource | |", "|---|---|", *rows, "", "</details>"])


def _graph(preview: Preview) -> str:
    """The rows that fit into GRAPH_LIMIT, folded."""
    if not preview.changes:
        return ""
    rows: list[str] = []
    room = GRAPH_LIMIT
    for change in preview.changes:
        row = f"| {_WORDS[change.kind]} | {_name(change)} | {_differences(change)} |"
        room -= len(row) + 1
        if room < 0:
            break
        rows.append(row)
    more = len(preview.changes) - len(rows)
    rest = [f"_{more} more are in the summary of the run._", ""] if more else []
    head = f"<details><summary>In the reviewed graph: {summary(preview)}</summary>"
    return "\n".join([head, "", "| | Resource | |", "|---|---|---|", *rows, "", *rest, "</details>"])


def _differences(change: Change) -> str:
    shown = change.differences[:8]
    return "<br>".join(_difference(each, change) for each in shown) + _more(len(change.differences) - len(shown))


def _difference(difference: Difference, change: Change) -> str:
    forced = any(difference.path == path or difference.path.startswith(f"{path}.") for path in change.because)
    forces = " (forces the replacement)" if forced else ""
    if difference.private:
        return f"{_code(difference.path)}: another value, not shown{forces}"
    if difference.before or difference.after:
        return f"{_code(difference.path)}: {_value(difference.before)} → {_value(difference.after)}{forces}"
    return f"{_code(difference.path)}{forces}"


def _value(text: str) -> str:
    return _code(text) if text else "…"


def _more(number: int) -> str:
    return f", and {number} more" if number > 0 else ""


def _name(change: Change) -> str:
    """``rds/cluster:Cluster tiketi-postgres``, both as code."""
    return f"{_code(change.type.removeprefix('aws:').removeprefix('kubernetes:'))} {_code(change.name)}"


def _code(text: str) -> str:
    """A text from outside as code: no part of it is Markdown, a mention or the end of a cell."""
    return f"`{_one_line(text).replace('`', chr(39))}`" if text else ""


def _text(text: str) -> str:
    escaped = _one_line(text)
    for mark in "\\`*_[]<>@#":
        escaped = escaped.replace(mark, f"\\{mark}" if mark != "@" else "@\u200b")
    return escaped


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
