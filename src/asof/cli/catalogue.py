"""`asof graph`, `asof features` and `asof exposures`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, number, print_json, print_table

if TYPE_CHECKING:
    from asof.catalogue.features import FeatureEntry


@click.command(epilog="Example: asof graph --json > graph.json")
@project_options
@json_option
def graph(as_json: bool, **options: Any) -> None:
    """Show how everything hangs together, from sources to dashboards: nodes and edges with --json, else a count of each kind."""
    project = open_project(**options)
    from asof.catalogue.graph import project_graph

    found = project_graph(project)
    if as_json:
        print_json(found)
        return
    kinds = list(dict.fromkeys(node.kind for node in found.nodes))
    rows = [[kind, sum(node.kind == kind for node in found.nodes)] for kind in kinds]
    print_table(["kind", "nodes"], [*rows, ["edges", len(found.edges)]])


@click.command(epilog="Example: asof features carrier_late_rate_7d")
@click.argument("name", required=False)
@project_options
@json_option
def features(name: str | None, as_json: bool, **options: Any) -> None:
    """List the features of all views, or show the one called NAME: what it is, who uses it, what it is worth and costs."""
    project = open_project(**options)
    from asof.catalogue.features import list_features

    entries = list_features(name, project)
    if as_json:
        print_json(entries)
    elif name is None:
        _print_all(entries)
    else:
        for entry in entries:
            _print_one(entry)


@click.command(epilog="Example: asof exposures --write")
@click.option(
    "--write", is_flag=True, help="Write models/exposures/asof_models.yml in the dbt project, instead of stdout."
)
@project_options
def exposures(write: bool, **options: Any) -> None:
    """Describe the models behind aliases and their predictions as dbt exposures, for dbt docs and lineage tools."""
    project = open_project(**options)
    from asof.catalogue.exposures import exposures_yaml, write_exposures

    if write:
        click.echo(f"written: {write_exposures(project)}")
    else:
        click.echo(exposures_yaml(project), nl=False)


def _print_all(entries: Sequence["FeatureEntry"]) -> None:
    rows = [
        [entry.name, entry.view, entry.group or "-", entry.type or "-", _share(entry.null_share), _users(entry) or "-"]
        for entry in entries
    ]
    print_table(["feature", "view", "group", "type", "NULL", "used by"], rows)


def _print_one(entry: "FeatureEntry") -> None:
    click.echo(f"{entry.name} of {entry.view}: {entry.description or 'no description'}")
    facts = {
        "type": entry.type,
        "owner": entry.owner,
        "group": entry.group,
        "entity": ", ".join(entry.entity),
        "event_time": entry.event_time,
        "known_at": entry.known_at,
        "ttl": entry.ttl,
        "built up to": f"{instant(entry.built_up_to)} UTC" if entry.built_up_to else None,
        "NULL": _share(entry.null_share),
        "cost": f"{entry.seconds:.2f} s, the last build of {entry.group}" if entry.seconds is not None else None,
    }
    for what, value in facts.items():
        click.echo(f"  {what:<12} {value or '-'}")
    for use in entry.used_by:
        worth = f", worth {number(use.worth)} of {use.metric}" if use.worth is not None else ""
        click.echo(f"  used by      {use.model} {use.version} ({', '.join(use.aliases)}){worth}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _users(entry: "FeatureEntry") -> str:
    return ", ".join(f"{use.model} {use.version}" for use in entry.used_by)
