"""A feature view seen from Python: a lazy Ibis table that knows its key, its moment of prediction and its labels."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from asof.errors import DataError, NotBuiltError, did_you_mean
from asof.features.builds import Build
from asof.features.view_meta import ViewMeta
from asof.warehouse.connection import Warehouse

LABEL_KNOWN_AT = "label_known_at"


@dataclass(frozen=True)
class FeatureView:
    """A feature view in an open warehouse. Nothing is read before its table is executed.

    `build` is its last build for the project's target; None where none is on record.
    """

    meta: ViewMeta
    table: ir.Table
    warehouse: Warehouse = field(repr=False)
    build: Build | None = None

    @property
    def name(self) -> str:
        return self.meta.name

    @property
    def identity(self) -> list[str]:
        """The columns that tell its rows apart: the key and the moment of the prediction."""
        return list(dict.fromkeys([*self.meta.key, self.meta.as_of]))

    def reading(self, copy: str, but: Iterable[str]) -> "FeatureView":
        """The view with its rows taken from a copy of them, `schema.table`, but for some of the copy's columns."""
        schema, table = copy.split(".", maxsplit=1)
        return replace(self, table=self.warehouse.table(schema, table).drop(*but), build=None)

    def as_known_by(self, moment: datetime) -> "FeatureView":
        """The view with its labels as they were known at a moment.

        If the view was built for a later moment, the labels are read again from the label model: for each question the newest
        value that was known then, or NULL.
        """
        label = self.meta.label
        if label is None or self.build is None or self.build.built_up_to <= moment:
            return self
        if not self.warehouse.has_table(label.schema, label.table):
            return self
        outcomes = self.warehouse.table(label.schema, label.table)
        question = [name for name in self.identity if name in self.meta.key or name in outcomes.columns]
        known = outcomes.filter(outcomes[label.known_at] <= ibis.literal(moment))
        newest_first = [ibis.desc(label.known_at), *self.meta.labels]
        known = known.mutate(
            asof_place=ibis.row_number().over(ibis.window(group_by=question, order_by=newest_first))
        ).filter(ibis._.asof_place == 0)
        words = {name: known[name] for name in self.meta.labels if name not in question}
        then = known.select(*question, **words, **{LABEL_KNOWN_AT: known[label.known_at]})
        rows = self.table.drop(*words, LABEL_KNOWN_AT).left_join(then, question)
        return replace(self, table=rows.select(*self.table.columns), build=None)

    def feature_columns(self, exclude: Iterable[str] = ()) -> list[tuple[str, dt.DataType]]:
        """Name and type of every column but the key, the moment, the labels and those in `exclude`.

        Raises DataError when `exclude` names a column that is not there.
        """
        excluded = set(exclude)
        for name in excluded - set(self.table.columns):
            raise DataError(
                f"feature view {self.name}: no column '{name}' to exclude{did_you_mean(name, self.table.columns)}"
            )
        not_features = {*self.identity, *self.meta.labels, LABEL_KNOWN_AT, *excluded}
        return [(name, type_) for name, type_ in self.table.schema().items() if name not in not_features]

    def training_set(self, label: str, known_by: datetime) -> ir.Table:
        """The rows whose `label` was known by then, still lazy.

        Raises DataError when the view has no such label.
        """
        if label not in self.meta.labels:
            raise DataError(f"feature view {self.name}: no label '{label}'{did_you_mean(label, self.meta.labels)}")
        return self.table.filter(self.known(label, known_by))

    def known(self, label: str, known_by: datetime) -> ir.BooleanValue:
        """Whether a row's `label` was known by then."""
        known_at, value = self.table[LABEL_KNOWN_AT], self.table[label]
        return known_at.notnull() & value.notnull() & (known_at <= ibis.literal(known_by))

    def due(self, after: datetime, until: datetime) -> ir.Table:
        """The rows with a moment of prediction in (after, until], still lazy."""
        as_of = self.table[self.meta.as_of]
        return self.table.filter((as_of > ibis.literal(after)) & (as_of <= ibis.literal(until)))

    def refuse_bad_keys(self, rows: ir.Table) -> None:
        """Raises DataError when a key column of these rows is NULL, or two of them have one key."""
        nulls = {name: rows[name].isnull().sum() for name in self.identity}
        missing = rows.aggregate(**nulls).to_pyarrow().to_pylist()[0]
        for name in self.identity:
            if missing[name]:
                raise DataError(
                    f"feature view {self.name}: {missing[name]} rows have no '{name}', which is part of its key; "
                    f"find them with: select * from {self.meta.schema}.{self.meta.table} where {name} is null"
                )
        repeated = rows.group_by(self.identity).aggregate(asof_copies=ibis._.count()).filter(ibis._.asof_copies > 1)
        for example in repeated.order_by(self.identity).limit(1).to_pyarrow().to_pylist():
            values = ", ".join(f"{name} = {example[name]}" for name in self.identity)
            raise DataError(
                f"feature view {self.name}: {example['asof_copies']} rows have the key {values}; "
                "a feature view has one row per key and moment: look for the key in its spine, and in what the view's SELECT "
                "does with the rows"
            )


def open_feature_view(warehouse: Warehouse, meta: ViewMeta, build: Build | None = None) -> FeatureView:
    """The view in an open warehouse.

    Raises NotBuiltError when its table is not there, DataError when it lacks a column of its spine or label.
    """
    if not warehouse.has_table(meta.schema, meta.table):
        raise NotBuiltError(
            f"feature view {meta.name}: there is no table {meta.schema}.{meta.table} in the warehouse; "
            f"run: {meta.build_command}"
        )
    view = FeatureView(meta, warehouse.table(meta.schema, meta.table), warehouse, build)
    _check_columns(view)
    return view


def _check_columns(view: FeatureView) -> None:
    meta, types = view.meta, view.table.schema()
    instants = [meta.as_of, *([LABEL_KNOWN_AT] if meta.labels else [])]
    for name in dict.fromkeys([*meta.key, *instants, *meta.labels]):
        if name not in types:
            raise DataError(
                f"feature view {meta.name}: it has no column '{name}', which its spine or label promises; "
                f"keep it in the view's SELECT, then run: {meta.build_command}"
            )
    for name in instants:
        type_ = types[name]
        if not (type_.is_timestamp() and type_.timezone):
            raise DataError(
                f"feature view {meta.name}: its time '{name}' is {type_}, expected an instant (timestamp with time zone); "
                f"in the model write: {name} at time zone 'UTC' as {name}"
            )
