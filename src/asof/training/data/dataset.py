"""Reads the training set: labelled rows by the cut-off, split by time in the warehouse, in an order that never varies."""

from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from asof.errors import DataError, did_you_mean
from asof.spec.model_spec import ModelSpec
from asof.training.data.split import Interval, SplitPlan, plan_splits
from asof.warehouse.feature_view import LABEL_KNOWN_AT, FeatureView
from asof.warehouse.schema import FeatureSchema, feature_schema

SPLIT = "asof_split"
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Part:
    """One split: its rows as they came from the warehouse, and its labels as float64, shape (rows,)."""

    rows: pa.Table
    labels: np.ndarray

    def frame(self, schema: FeatureSchema) -> pd.DataFrame:
        return schema.frame(self.rows)


@dataclass(frozen=True)
class Dataset:
    """A training set in memory. `unused_rows` were labelled but fell into a gap, or their label came too late."""

    schema: FeatureSchema
    train: Part
    validation: Part
    test: Part
    unused_rows: int


def read_dataset(view: FeatureView, spec: ModelSpec, cutoff: datetime, extra: FeatureSchema | None) -> Dataset:
    """The training set of a spec as known at the cut-off; `extra` are columns that the champion reads besides.

    Raises DataError when columns cannot be features, keys are bad, a split has no labelled row, or a binary label has
    one class.
    """
    owner = f"feature view {view.name}"
    schema = feature_schema(view.feature_columns(spec.features.exclude), owner)
    if not schema.features:
        raise DataError(f"model {spec.name}: {owner} has no column left to learn from; exclude fewer of them")
    labelled = view.training_set(spec.label, cutoff)
    _check_label_type(labelled, spec)
    for name in spec.slices:
        if name not in view.table.columns:
            raise DataError(f"{owner}: no column '{name}' to slice by{did_you_mean(name, view.table.columns)}")
    view.refuse_bad_keys(labelled)

    plan = plan_splits(spec.split, cutoff)
    wanted = [*view.identity, *schema.names, *(extra.names if extra else []), *spec.slices, spec.label]
    assigned = labelled.mutate(_split_column(labelled, view, plan).name(SPLIT))
    rows = assigned.order_by([view.meta.as_of, *view.meta.key]).select(*dict.fromkeys(wanted), SPLIT).to_pyarrow()
    if rows.num_rows == 0:
        raise DataError(
            f"{owner}: no row with a known '{spec.label}' before {cutoff:%Y-%m-%d %H:%M} UTC; "
            f"build more history ({view.meta.build_command}), or train at a later moment with --now"
        )
    newest = rows[view.meta.as_of][-1].as_py()  # They come in the order of their moments.
    parts = {name: _part(rows.filter(pc.equal(rows[SPLIT], name)), spec, name, plan, newest) for name in SPLITS}
    used = sum(part.rows.num_rows for part in parts.values())
    return Dataset(schema, **parts, unused_rows=rows.num_rows - used)


def _split_column(rows: ir.Table, view: FeatureView, plan: SplitPlan) -> ir.StringColumn:
    as_of, known_at = rows[view.meta.as_of], rows[LABEL_KNOWN_AT]

    def within(interval: Interval) -> ir.BooleanValue:
        inside = (as_of < ibis.literal(interval.end)) & (known_at <= ibis.literal(interval.known_by))
        return inside if interval.start is None else inside & (as_of >= ibis.literal(interval.start))

    column: ir.StringColumn = ibis.cases(*((within(getattr(plan, name)), name) for name in SPLITS), else_="unused")
    return column


def _check_label_type(rows: ir.Table, spec: ModelSpec) -> None:
    type_ = rows[spec.label].type()
    fits = type_.is_numeric() if spec.problem == "regression" else type_.is_boolean() or type_.is_integer()
    if not fits:
        wanted = "a number" if spec.problem == "regression" else "a boolean, or an integer that is 0 or 1"
        raise DataError(
            f"model {spec.name}: the label '{spec.label}' is {type_}, a {spec.problem} problem needs {wanted}"
        )


def _part(rows: pa.Table, spec: ModelSpec, name: str, plan: SplitPlan, newest: datetime) -> Part:
    interval: Interval = getattr(plan, name)
    if rows.num_rows == 0:
        since = f"from {interval.start:%Y-%m-%d %H:%M} " if interval.start else ""
        raise DataError(
            f"model {spec.name}: the {name} split ({since}to {interval.end:%Y-%m-%d %H:%M} UTC) has no labelled row, "
            f"the newest one of all is of {newest:%Y-%m-%d %H:%M} UTC; build more history, shorten validation and test in the "
            "spec's split, or set the present with --now"
        )
    labels = rows[spec.label].cast(pa.float64()).to_numpy(zero_copy_only=False)
    broken = int((~np.isfinite(labels)).sum())
    if broken:
        raise DataError(
            f"model {spec.name}: the label '{spec.label}' is NaN or infinite in {broken} of {len(labels)} rows of the "
            f"{name} split; make it NULL in the label model where it is not known"
        )
    classes = set(np.unique(labels))
    if spec.problem == "binary":
        if not classes <= {0.0, 1.0}:
            raise DataError(
                f"model {spec.name}: the label '{spec.label}' has values other than 0 and 1 in the {name} split; "
                "make it a boolean in the label model, or say problem: regression in the spec"
            )
        if len(classes) < 2:
            raise DataError(
                f"model {spec.name}: the label '{spec.label}' has one class ({int(labels[0])}) in all {len(labels)} rows "
                f"of the {name} split; a longer split may have both"
            )
    return Part(rows, labels)
