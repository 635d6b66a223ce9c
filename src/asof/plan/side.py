"""One side of a plan: the feature views of a project as they are built, or as a working tree or commit would build them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from asof.dbt_files.graph import Exposure
from asof.features.fingerprints.compiled import ModelSQL


@dataclass(frozen=True)
class ViewSide:
    """A feature view on one side of a plan.

    `models` are the texts that it is made of, by unique id. `types` has its columns in their order, each with its type in SQL
    where that is known. `paths` has the file of each model, where there is one.
    """

    id: str
    name: str
    models: Mapping[str, ModelSQL]
    types: Mapping[str, str | None]
    unknown: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    readers: tuple[str, ...] = ()  # dbt models made of the view
    exposures: tuple[Exposure, ...] = ()  # and what reads it or those


@dataclass(frozen=True)
class Side:
    """All feature views of one side, by name. `title` says which side it is, in a message."""

    title: str
    views: Mapping[str, ViewSide]
