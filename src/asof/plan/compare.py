"""What differs between the two sides of a plan: columns of feature views, and the models where a difference began."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import sqlglot
from sqlglot import exp

from asof.features.fingerprints.compiled import ModelSQL, name_of
from asof.features.fingerprints.view_meaning import columns_made_of, view_meaning, where_it_began
from asof.plan.side import Side, ViewSide

ColumnState = Literal["new", "removed", "changed", "retyped", "cosmetic", "same", "unknown"]


@dataclass(frozen=True)
class ColumnPlan:
    """A column of a feature view.

    new, removed    it is on one side alone
    changed         it means something else
    retyped         it means the same, and has another type
    cosmetic        the SQL of a model that it comes from is written in another way, and means the same
    same            nothing differs
    unknown         the SQL that it was built from is not on record
    """

    name: str
    state: ColumnState
    type_before: str | None
    type_after: str | None


@dataclass(frozen=True)
class ModelPlan:
    """A dbt model, snapshot or seed whose SQL differs. `state` is changed, new or removed where a difference of meaning began,
    else cosmetic; `diff` is of the SQL that dbt compiled, in the form of `diff -u`.
    """

    name: str
    path: str | None
    state: Literal["changed", "new", "removed", "cosmetic"]
    diff: str


@dataclass(frozen=True)
class ViewPlan:
    """A feature view on both sides. `by_text` names models whose SQL cannot be followed: any difference of it is a change."""

    name: str
    state: Literal["new", "removed", "changed", "same"]
    columns: tuple[ColumnPlan, ...]
    models: tuple[ModelPlan, ...]
    by_text: tuple[str, ...] = ()

    def named(self, *states: ColumnState) -> list[str]:
        """The columns in one of these states."""
        return [column.name for column in self.columns if column.state in states]


class Comparison:
    """Compares two sides; what a column means is worked out once for each side."""

    def __init__(self, before: Side, after: Side, dialect: str) -> None:
        self.before, self.after, self.dialect = before, after, dialect
        self._meanings: dict[int, Mapping[str, str]] = {}
        self._by_text: dict[int, tuple[str, ...]] = {}

    def fingerprints(self, view: ViewSide) -> Mapping[str, str]:
        """The fingerprint of each column of a view on its side; empty where its SQL is not on record."""
        if id(view) not in self._meanings:
            if view.unknown or view.id not in view.models:
                self._meanings[id(view)] = {}
            else:
                found = view_meaning(view.models, view.id, view.types, self.dialect)
                self._meanings[id(view)], self._by_text[id(view)] = found.fingerprints, found.by_text
        return self._meanings[id(view)]

    def views(self) -> list[ViewPlan]:
        """All views of both sides, by name."""
        return [self._view(name) for name in sorted({*self.before.views, *self.after.views})]

    def _view(self, name: str) -> ViewPlan:
        before, after = self.before.views.get(name), self.after.views.get(name)
        if after is None or before is None:
            side = after or before
            assert side is not None, "a view of one of the sides"  # noqa: S101
            state: ColumnState = "new" if after else "removed"
            columns = tuple(
                ColumnPlan(column, state, type_ if before else None, type_ if after else None)
                for column, type_ in side.types.items()
            )
            return ViewPlan(name, "new" if after else "removed", columns, ())
        models = self._models(before, after)
        columns = tuple(self._columns(before, after, {model.name for model in models}))
        differs = any(column.state != "same" for column in columns) or models
        return ViewPlan(name, "changed" if differs else "same", columns, models, self._by_text.get(id(after), ()))

    def _columns(self, before: ViewSide, after: ViewSide, differing: set[str]) -> list[ColumnPlan]:
        if not differing and before.types == after.types and not before.unknown:
            return [ColumnPlan(name, "same", type_, type_) for name, type_ in after.types.items()]
        was, now = self.fingerprints(before), self.fingerprints(after)
        touched = columns_made_of(after.models, after.id, after.types, differing, self.dialect) if differing else set()
        found = []
        for name in {**after.types, **before.types}:
            types = (before.types.get(name), after.types.get(name))
            if name not in after.types or name not in before.types:
                state: ColumnState = "removed" if name in before.types else "new"
            elif not was:
                state = "unknown"
            elif was.get(name) != now.get(name):
                state = "changed"
            elif not same_type(*types, self.dialect):
                state = "retyped"
            else:
                state = "cosmetic" if name in touched else "same"
            found.append(ColumnPlan(name, state, *types))
        return found

    def _models(self, before: ViewSide, after: ViewSide) -> tuple[ModelPlan, ...]:
        if before.unknown:
            return ()
        began = where_it_began(before.models, after.models, self.dialect)
        differ = [
            model
            for model in sorted({*before.models, *after.models})
            if _hash(before.models, model) != _hash(after.models, model)
        ]
        plans = [self._model(model, before, after, began=model in began) for model in differ]
        return tuple(sorted(plans, key=lambda plan: (plan.state == "cosmetic", plan.name)))

    def _model(self, model: str, before: ViewSide, after: ViewSide, *, began: bool) -> ModelPlan:
        was, now = before.models.get(model), after.models.get(model)
        state: Literal["changed", "new", "removed", "cosmetic"] = "changed" if began else "cosmetic"
        if was is None or now is None:
            state = "new" if was is None else "removed"
        return ModelPlan(name_of(model), after.paths.get(model) or before.paths.get(model), state, sql_diff(was, now))


def same_type(first: str | None, second: str | None, dialect: str) -> bool:
    """Whether two types are one, such as timestamptz and TIMESTAMP WITH TIME ZONE; one that is not known is like any."""
    if first is None or second is None or first.lower() == second.lower():
        return True
    try:
        one, other = (exp.DataType.build(type_, dialect=dialect) for type_ in (first, second))
    except sqlglot.errors.SqlglotError:
        return False
    return bool(one == other)


def sql_diff(before: ModelSQL | None, after: ModelSQL | None) -> str:
    """How the SQL of a model differs, in the form of `diff -u` with three lines around; of a seed that its file does."""
    was, now = (text.sql if text else "" for text in (before, after))
    if was is None or now is None:
        return "(another content of the file)"
    return "\n".join(list(difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=3))[2:])


def _hash(models: Mapping[str, ModelSQL], model: str) -> str | None:
    return models[model].sql_sha256 if model in models else None
