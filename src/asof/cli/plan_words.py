"""A plan in words: as tables for people, and as Markdown for a pull request."""

from collections.abc import Iterator

from asof.cli.output import table_lines
from asof.errors import listed
from asof.plan.compare import ColumnState, ModelPlan, ViewPlan
from asof.plan.plan import PlanResult
from asof.plan.verdict import VersionPlan

# what a person reads first stands first
_STATES: tuple[tuple[ColumnState, str], ...] = (
    ("removed", "removed"),
    ("retyped", "another type"),
    ("changed", "changed in meaning"),
    ("new", "new"),
    ("unknown", "not on record"),
    ("cosmetic", "cosmetic only"),
)
_MAX_LINES = 40  # of a difference of SQL in words for people


def in_words(plan: PlanResult) -> Iterator[str]:
    """Lines for a terminal."""
    yield f"{plan.after} against {plan.before}"
    for view in plan.views:
        yield ""
        yield f"{view.name}: {_summary(view)}"
        for state, words in _STATES:
            names = view.named(state)
            if names:
                yield f"  {words}: {listed(names, 6 if state in {'cosmetic', 'unknown'} else 20)}"
        for model in view.models:
            yield f"  {_began(model)}"
            if model.state != "cosmetic":
                yield from (f"    {line}" for line in _cut(model.diff.splitlines()))
        if view.by_text:
            yield f"  counted as a whole, since their SQL cannot be followed: {', '.join(view.by_text)}"
    yield ""
    if plan.versions:
        yield from table_lines(
            ["model", "version", "alias", "verdict", "why"],
            [[_model(v), v.version or "-", ", ".join(v.aliases) or "-", v.verdict, v.why] for v in plan.versions],
        )
    else:
        yield "no version is behind an alias"
    if plan.downstream:
        yield ""
        yield from table_lines(
            ["downstream", "name", "why"], [[each.kind, each.name, each.because] for each in plan.downstream]
        )
    for old in plan.can_go:
        yield f"{old.view} is read by no version behind an alias and no model spec; it can go: delete {old.path}"
    yield from next_steps(plan)


def in_markdown(plan: PlanResult) -> Iterator[str]:
    """Lines of Markdown, for a comment on a pull request. The first is a mark by which a workflow finds its own comment."""
    yield "<!-- asof plan -->"
    affected = len(plan.affected)
    yield f"### asof plan: {f'{affected} of {len(plan.versions)} versions affected' if affected else 'no version affected'}"
    yield ""
    yield f"{plan.after} against {plan.before}"
    yield ""
    if plan.versions:
        yield "| model | version | alias | verdict | why |"
        yield "|---|---|---|---|---|"
        for v in plan.versions:
            cells = [v.model, v.version or "-", ", ".join(v.aliases) or "-", f"**{v.verdict}**", v.why]
            yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
        yield ""
    for view in plan.views:
        yield f"**{_cell(view.name)}**: {_summary(view)}"
        yield ""
        for state, words in _STATES:
            names = view.named(state)
            if names:
                yield f"- {words}: {', '.join(f'`{name}`' for name in names)}"
        yield ""
        for model in view.models:
            yield from _details(model)
    if plan.downstream:
        yield "| downstream | name | why |"
        yield "|---|---|---|"
        for each in plan.downstream:
            yield f"| {_cell(each.kind)} | {_cell(each.name)} | {_cell(each.because)} |"
        yield ""
    for old in plan.can_go:
        yield f"`{old.view}` is read by no version behind an alias and no model spec; `{old.path}` can be deleted."


def next_steps(plan: PlanResult) -> Iterator[str]:
    """What to do after the change is merged, as commands."""
    began = [model.name for view in plan.views for model in view.models if model.state in {"changed", "new"}]
    retrain = [version.model for version in plan.versions if version.verdict == "must be retrained"]
    if began and retrain:
        yield ""
        yield f"Next: dbt build --full-refresh --select {' '.join(f'+{view.name}' for view in plan.views if view.models)}"
        yield from (f"Then: asof train {model}" for model in dict.fromkeys(retrain))


def _summary(view: ViewPlan) -> str:
    same = len(view.named("same"))
    if view.state in {"new", "removed"}:
        return f"{view.state}, {len(view.columns)} columns"
    return "nothing differs" if view.state == "same" else f"{same} of {len(view.columns)} columns the same"


def _began(model: ModelPlan) -> str:
    words = (
        "cosmetic only"
        if model.state == "cosmetic"
        else f"{model.state} in meaning"
        if model.state == "changed"
        else model.state
    )
    return f"{model.name}{f' ({model.path})' if model.path else ''}: {words}"


def _details(model: ModelPlan) -> Iterator[str]:
    yield f"<details><summary>{_cell(_began(model))}</summary>"
    yield ""
    yield "```diff"
    yield model.diff.replace("```", "` ` `")
    yield "```"
    yield ""
    yield "</details>"
    yield ""


def _model(version: VersionPlan) -> str:
    return version.model if version.version is not None else f"{version.model} (spec)"


def _cut(lines: list[str]) -> list[str]:
    return (
        lines
        if len(lines) <= _MAX_LINES
        else [*lines[:_MAX_LINES], f"({len(lines) - _MAX_LINES} more lines; --json has all)"]
    )


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
