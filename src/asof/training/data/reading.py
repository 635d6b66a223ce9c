"""Reads what a run trains on: defines the training set, counts and hashes it, and brings it into memory."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asof.features.signature import FeatureSchema
from asof.features.view import FeatureView
from asof.model_spec.spec import ModelSpec
from asof.training.data.contents import LabelMoment, contents, label_over_time
from asof.training.data.dataset import Classes, Dataset, Part, read_dataset, read_history
from asof.training.data.training_set import define_training_set


@dataclass(frozen=True)
class TrainingData:
    """A dataset with where it came from: the query that gives its rows, and the label over time.

    `history` are all labelled rows by the cut-off, with the classes of their labels, where they were asked for.
    """

    dataset: Dataset
    query: str
    label_over_time: list[LabelMoment]
    history: tuple[Part, Classes] | None = None


def read_training_data(
    view: FeatureView,
    spec: ModelSpec,
    cutoff: datetime,
    *,
    extra: FeatureSchema | None = None,
    single: bool = False,
    history: bool = False,
    schema: FeatureSchema | None = None,
    spool: Path | None = None,
) -> TrainingData:
    """The training data of a spec as known at the cut-off; `schema` are its features where they are not those that the
    spec takes from the view, `spool` is a folder for what is too much for memory.

    Raises DataError when they cannot be learned from.
    """
    training_set = define_training_set(view, spec, cutoff, schema)
    found = contents(training_set)
    return TrainingData(
        dataset=read_dataset(training_set, found, extra=extra, single=single, spool=spool),
        query=training_set.query,
        label_over_time=label_over_time(training_set),
        history=read_history(training_set, found) if history else None,
    )
