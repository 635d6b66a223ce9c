"""`asof promote`, `asof rollback` and `asof rename`."""

from typing import TYPE_CHECKING, Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import print_json

if TYPE_CHECKING:
    from asof.registry.moving import AliasChange

_alias = click.option("--alias", default="champion", show_default=True, help="Which alias to move.")
_reason = click.option("--reason", help="Why; kept in the registry.")


@click.command(epilog="Example: asof promote flight_delay 3 --reason 'better in winter'")
@click.argument("model")
@click.argument("version", type=int, required=False)
@_alias
@_reason
@click.option(
    "--force", is_flag=True, help="Take a version that is not ready or was rejected; needs VERSION and --reason."
)
@project_options
@json_option
def promote(
    model: str, version: int | None, alias: str, reason: str | None, force: bool, as_json: bool, **options: Any
) -> None:
    """Put an alias on a VERSION of MODEL, the newest registered one if none is named."""
    project = open_project(**options)
    from asof.registry.moving import promote as run

    _print(run(model, version, project, alias=alias, reason=reason, force=force), as_json)


@click.command(epilog="Example: asof rollback flight_delay --reason 'complaints since Monday'")
@click.argument("model")
@_alias
@_reason
@click.option("--rebuild", is_flag=True, help="Build its features again from the SQL on record, beside those of now.")
@click.option(
    "--refresh", is_flag=True, help="Bring features that a rollback has built up to the present; moves nothing."
)
@project_options
@json_option
def rollback(
    model: str, alias: str, reason: str | None, rebuild: bool, refresh: bool, as_json: bool, **options: Any
) -> None:
    """Put an alias of MODEL back on the version it was on before, together with its features."""
    project = open_project(**options)
    from asof.registry.moving import rollback as run

    _print(run(model, project, alias=alias, reason=reason, rebuild=rebuild, refresh=refresh), as_json)


@click.command(epilog="Example: asof rename flight_delay late_arrival")
@click.argument("model")
@click.argument("new_name")
@_reason
@project_options
@json_option
def rename(model: str, new_name: str, reason: str | None, as_json: bool, **options: Any) -> None:
    """Give MODEL another name, with its history: registry, predictions and spec."""
    project = open_project(**options)
    from asof.registry.renaming import rename as run

    done = run(model, new_name, project, reason=reason)
    if as_json:
        print_json(done)
        return
    click.echo(
        f"{model} is {new_name} now: its versions, runs and predictions, and {done.spec.relative_to(project.root)}"
    )
    if done.mentions:
        click.echo(f"these files still name {model}: {', '.join(done.mentions)}", err=True)


def _print(change: "AliasChange", as_json: bool) -> None:
    if as_json:
        print_json(change)
        return
    for warning in change.warnings:
        click.echo(f"warning: {warning}", err=True)
    if change.built:
        click.echo(f"{change.model}: built again from the SQL on record: {', '.join(change.built)}")
    if change.from_version == change.to_version:
        click.echo(f"{change.model}: {change.alias} is version {change.to_version} already")
        return
    before = f"version {change.from_version}" if change.from_version else "no version"
    click.echo(f"{change.model}: {change.alias} is version {change.to_version} now, was {before}")
