"""`asof exposures`: dbt exposures for the models and their predictions, so that dbt's docs and lineage tools show who reads a column."""

from pathlib import Path
from typing import Any

import yaml

from asof.catalogue.reading import Catalogue, read_catalogue
from asof.dbt_files.graph import name_and_version
from asof.project import Project
from asof.registry.store import reading

_HEAD = "# Written by `asof exposures --write`; run it again after a promotion. What is edited here is lost.\n"


def exposures_yaml(project: Project | None = None) -> str:
    """The YAML of an exposure for each model that has a version behind an alias, and for the table of its predictions.

    Raises ProjectError when dbt cannot parse the project.
    """
    project = project or Project.open()
    graph = project.parsed()
    with reading(project) as registry:
        catalogue = read_catalogue(project, registry, graph)
    exposures = [
        exposure
        for model in sorted({model for model, _ in catalogue.aliases})
        for exposure in _of_model(project, catalogue, model)
    ]
    return _HEAD + yaml.safe_dump({"exposures": exposures}, sort_keys=False, allow_unicode=True, width=110)


def write_exposures(project: Project | None = None) -> Path:
    """Writes the exposures to a file of their own in the dbt project; its path."""
    project = project or Project.open()
    path = project.dbt_dir / "models" / "exposures" / "asof_models.yml"
    content = exposures_yaml(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def _of_model(project: Project, catalogue: Catalogue, model: str) -> list[dict[str, Any]]:
    aliases = {alias: version for (of, alias), version in sorted(catalogue.aliases.items()) if of == model}
    rows = [row for row in catalogue.versions if row.model == model and row.version in aliases.values()]
    views = {row.feature_view: None for row in rows}
    owners = [view.node.owner for view in catalogue.views if view.node.name in views and view.node.owner]
    owner = owners[0] if owners else f"the owner of models/{model}.yml"
    description = project.model_spec(model).description if model in project.model_names else f"The model {model}."
    features = sorted({feature.feature for row in rows for feature in catalogue.features[model, row.version]})
    return [
        {
            "name": f"model_{model}",
            "label": f"Model {model}",
            "type": "ml",
            "description": description,
            "owner": {"name": owner},
            "depends_on": [_ref(view) for view in views],
            "config": {"meta": {"asof": {"aliases": aliases, "features": features}}},
        },
        {
            "name": f"predictions_{model}",
            "label": f"Predictions of {model}",
            "type": "analysis",
            "description": f"The table {project.predictions_schema}.{model}, written by asof predict {model}.",
            "owner": {"name": owner},
            "depends_on": [_ref(view) for view in views],
            "config": {"meta": {"asof": {"relation": f"{project.predictions_schema}.{model}"}}},
        },
    ]


def _ref(view: str) -> str:
    """A feature view as dbt refers to it: `ref('orders', v=2)` for a version of a model."""
    name, version = name_and_version(view)
    return f"ref('{name}', v={version})" if version else f"ref('{name}')"
