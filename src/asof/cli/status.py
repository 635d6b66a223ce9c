"""`asof status`."""

from typing import Any

import click

from asof.cli.next_command import of_this_call
from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, number, print_json, print_table


@click.command(epilog="Example: asof status --json")
@project_options
@json_option
def status(as_json: bool, **options: Any) -> None:
    """Show the models of the project, their versions, aliases, ages and metrics on the test split."""
    project = open_project(**options)
    from asof.registry.overview import overview

    versions = overview(project)
    if as_json:
        print_json(versions)
        return
    rows = []
    for version in versions:
        metrics = ", ".join(f"{name} {number(value)}" for name, value in version.metrics.items())
        aliases = ", ".join(version.aliases) or "-"
        age = f"{version.age_days:.0f} d"
        rows.append([version.model, version.version, aliases, version.status, instant(version.known_by), age, metrics])
    trained = {version.model for version in versions}
    untrained = [model for model in project.model_names if model not in trained]
    rows += [
        [model, "-", "-", "not trained yet", "-", "-", of_this_call(f"run: asof train {model}")] for model in untrained
    ]
    print_table(["model", "version", "alias", "status", "known by (UTC)", "age", "metrics on the test split"], rows)
