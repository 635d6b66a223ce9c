"""Who reads the feature views: the versions behind aliases, or the model specs where no registry is at hand."""

import json

from asof.features.signature import Feature
from asof.features.view import LABEL_KNOWN_AT
from asof.model_spec.spec import ModelSpec
from asof.plan.side import Side, ViewSide
from asof.plan.verdict import Reader
from asof.project import Project
from asof.registry.aliases import aliases_at
from asof.registry.pinned import meaning_at_training, pinned_by
from asof.registry.store import Registry
from asof.registry.versions import version_row


def readers_in(registry: Registry, project: Project) -> list[Reader]:
    """The versions behind aliases at the project's present, by model and version."""
    on: dict[tuple[str, int], list[str]] = {}
    for (model, alias), version in aliases_at(registry, project.clock.now()).items():
        on.setdefault((model, version), []).append(alias)
    readers = []
    for (model, version), aliases in sorted(on.items()):
        row = version_row(registry, model, version, None)
        pins = pinned_by(registry, row)
        pinned = meaning_at_training(registry, row, pins, project) if pins else None
        features = [Feature(**column) for column in json.loads(row.signature)]
        readers.append(
            Reader(
                model=model,
                version=version,
                aliases=tuple(sorted(aliases)),
                view=row.feature_view,
                features={feature.name: feature.duckdb_type for feature in features},
                label=row.label,
                pinned=pinned,
            )
        )
    return readers


def readers_of_specs(project: Project, before: Side) -> list[Reader]:
    """The model specs, each as a reader of all columns of its view that may be features."""
    readers = []
    for name in project.model_names:
        spec = project.model_spec(name)
        view = view_named(before, spec.view)
        features = dict(view.types) if view else {}
        for column in (spec.label, LABEL_KNOWN_AT, *spec.features.exclude, *_labels(project, spec)):
            features.pop(column, None)
        readers.append(Reader(name, None, (), spec.view, features, spec.label, None))
    return readers


def view_named(side: Side, name: str) -> ViewSide | None:
    """A view of a side by the name that a version has for it; one that has got dbt model versions since is the first of them."""
    return side.views.get(name) or side.views.get(f"{name}.v1")


def _labels(project: Project, spec: ModelSpec) -> list[str]:
    """The labels of other model specs on the same view: they are no features."""
    others = [project.model_spec(name) for name in project.model_names]
    return [other.label for other in others if other.view == spec.view]
