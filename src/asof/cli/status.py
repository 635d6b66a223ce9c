"""`asof status`."""

from typing import TYPE_CHECKING, Any

import click

from asof.cli.next_command import of_this_call
from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, number, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asof.project import Project
    from asof.registry.status import VersionOverview


@click.command(epilog="Example: asof status --json")
@project_options
@json_option
def status(as_json: bool, **options: Any) -> None:
    """Show the models of the project, their versions, aliases, ages and metrics on the test split.

    Below, for each alias, what keeps its version from predicting now.
    """
    project = open_project(**options)
    from asof.registry.status import count_later_versions
    from asof.registry.status import status as run

    versions, later = run(project), count_later_versions(project)
    if later:
        click.echo(
            f"{later} versions have a cut-off after the present, {instant(project.clock.now())} UTC, and are not shown; "
            "set --now later",
            err=True,
        )
    if as_json:
        print_json(versions)
        return
    specs = {name: _mistake(project, name) for name in project.model_names}
    rows = []
    for version in versions:
        metrics = ", ".join(f"{name} {number(value)}" for name, value in version.metrics.items())
        aliases = ", ".join(version.aliases) or "-"
        if version.model not in specs:
            metrics = f"no spec models/{version.model}.yml; {metrics}"
        age = f"{version.age_days:.0f} d"
        rows.append([version.model, version.version, aliases, version.status, instant(version.known_by), age, metrics])
    trained = {version.model for version in versions}
    for model, mistake in specs.items():
        if mistake:
            rows.append([model, "-", "-", "spec refused", "-", "-", mistake])
        elif model not in trained:
            rows.append([model, "-", "-", "not trained yet", "-", "-", of_this_call(f"run: asof train {model}")])
    print_table(["model", "version", "alias", "status", "known by (UTC)", "age", "metrics on the test split"], rows)
    _print_readiness(versions)


def _print_readiness(versions: "Sequence[VersionOverview]") -> None:
    for version in versions:
        on = f"{version.model} {version.version} ({', '.join(version.aliases)})"
        for obstacle in version.obstacles:
            click.echo(of_this_call(f"{on} may not predict: {obstacle}"))
        for warning in version.warnings:
            click.echo(f"{on}: {warning}")


def _mistake(project: "Project", name: str) -> str | None:
    """The first line of what is wrong with a spec, or None."""
    from asof.errors import SpecError

    try:
        project.model_spec(name)
    except SpecError as error:
        return str(error).splitlines()[0]
    return None
