"""The training set of a spec, still lazy: which rows of the view it has, in which split, and which of their columns.

Nothing is read here. `contents.py` counts and hashes it in the warehouse, `dataset.py` reads it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from asof.errors import DataError, did_you_mean
from asof.features.signature import FeatureSchema, feature_schema
from asof.features.view import LABEL_KNOWN_AT, FeatureView
from asof.model_spec.spec import ModelSpec
from asof.training.data.split import Interval, SplitPlan, plan_splits

SPLIT = "asof_split"
SPLITS = ("train", "validation", "test")
UNUSED = "unused"


@dataclass(frozen=True)
class TrainingSet:
    """Labelled rows by the cut-off, each with its split; `rows` has every column of the view and the split."""

    view: FeatureView
    spec: ModelSpec
    cutoff: datetime
    plan: SplitPlan
    schema: FeatureSchema
    rows: ir.Table

    @property
    def columns(self) -> list[str]:
        """What the set consists of: the key and moment, the features, the slices and the label."""
        return list(dict.fromkeys([*self.view.identity, *self.schema.names, *self.spec.slices, self.spec.label]))

    @property
    def used(self) -> ir.Table:
        """The rows of the three splits with their columns, in no order."""
        return self.rows.filter(self.rows[SPLIT] != UNUSED).select(*self.columns, SPLIT)

    @property
    def to_keep(self) -> ir.Table:
        """Every labelled row with what is read of it, the unused ones among them."""
        return self.rows.select(*self.columns, LABEL_KNOWN_AT, SPLIT)

    @property
    def query(self) -> str:
        """The SELECT that gives these rows, for DuckDB."""
        return str(ibis.to_sql(self.used, dialect="duckdb"))

    def ordered(self, splits: Iterable[str], extra: Iterable[str] = ()) -> ir.Table:
        """The rows of some splits by moment and key, an order that never varies."""
        chosen = self.rows.filter(self.rows[SPLIT].isin(list(splits)))
        chosen = chosen.order_by([self.view.meta.as_of, *self.view.meta.key])
        return chosen.select(*dict.fromkeys([*self.columns, *extra]), SPLIT)


def define_training_set(
    view: FeatureView, spec: ModelSpec, cutoff: datetime, schema: FeatureSchema | None = None
) -> TrainingSet:
    """The training set of a spec as known at the cut-off, its labels too; its features are those that the spec takes, or those of `schema`.

    Raises DataError when columns cannot be features, the label has a type that the problem cannot learn, or a slice is no
    column.
    """
    owner = f"feature view {view.name}"
    schema = schema or feature_schema(view.feature_columns(spec.features.exclude), owner)
    if not schema.features:
        raise DataError(f"model {spec.name}: {owner} has no column left to learn from; exclude fewer of them")
    view = view.as_known_by(cutoff)
    labelled = view.training_set(spec.label, cutoff)
    _check_label_type(labelled, spec)
    if SPLIT in view.table.columns:
        raise DataError(f"{owner}: asof needs the name '{SPLIT}' for itself; rename that column in the view")
    for name in spec.slices:
        if name not in view.table.columns:
            raise DataError(f"{owner}: no column '{name}' to slice by{did_you_mean(name, view.table.columns)}")
    plan = plan_splits(spec.split, cutoff)
    rows = labelled.mutate(_split_column(labelled, view, plan).name(SPLIT))
    return TrainingSet(view, spec, cutoff, plan, schema, rows)


def _split_column(rows: ir.Table, view: FeatureView, plan: SplitPlan) -> ir.StringColumn:
    as_of, known_at = rows[view.meta.as_of], rows[LABEL_KNOWN_AT]

    def within(interval: Interval) -> ir.BooleanValue:
        inside = (as_of < ibis.literal(interval.end)) & (known_at <= ibis.literal(interval.known_by))
        return inside if interval.start is None else inside & (as_of >= ibis.literal(interval.start))

    column: ir.StringColumn = ibis.cases(*((within(getattr(plan, name)), name) for name in SPLITS), else_=UNUSED)
    return column


_LABELS = {
    "binary": "a boolean, or an integer that is 0 or 1",
    "multiclass": "text or an integer, one value per class",
    "regression": "a number",
}


def _check_label_type(rows: ir.Table, spec: ModelSpec) -> None:
    type_ = rows[spec.label].type()
    fits = {
        "binary": type_.is_boolean() or type_.is_integer(),
        "multiclass": type_.is_string() or type_.is_integer(),
        "regression": type_.is_numeric(),
    }
    if not fits[spec.problem]:
        raise DataError(
            f"model {spec.name}: the label '{spec.label}' is {type_}, a {spec.problem} problem needs "
            f"{_LABELS[spec.problem]}"
        )
