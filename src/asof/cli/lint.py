"""`asof lint`."""

from typing import TYPE_CHECKING, Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import print_json, progress_bar

if TYPE_CHECKING:
    from asof.leaks.lint.project import LintResult
    from asof.leaks.lint.rules import Finding


@click.command(epilog="Example: asof lint flight_delay_features")
@click.argument("views", nargs=-1)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
@project_options
@json_option
def lint(views: tuple[str, ...], strict: bool, as_json: bool, **options: Any) -> int:
    """Look for leaks in the SQL that feature VIEWS are made of, in all of them if none is named.

    Reads compiled SQL, no data. Exits with 1 when there is an error that no model waives.
    """
    project = open_project(**options)
    from asof.leaks.lint.project import lint as run

    with progress_bar() as bar:
        result = run(views, project, progress=bar)
    if as_json:
        print_json(result)
    else:
        _print(result)
    return 1 if result.count("error") or (strict and result.count("warning")) else 0


def _print(result: "LintResult") -> None:
    for found in result.findings:
        if not found.waived:
            _print_finding(found)
    for found in result.findings:
        if found.waived:
            click.echo(f"waived: {found.rule} in {found.model}: {' '.join(found.waived.split())}")
    for model, rule in result.unused_waivers:
        click.echo(f"{model} waives {rule}, which is no longer found there; take it out of its YAML")
    views = ", ".join(result.views)
    waived = sum(1 for found in result.findings if found.waived)
    click.echo(
        f"{views}: {result.features} columns read, {_counted(result.count('error'), 'error')}, "
        f"{_counted(result.count('warning'), 'warning')}, {waived} waived"
    )


def _print_finding(found: "Finding") -> None:
    click.echo(f"{found.severity}: {found.rule} in {found.model} ({found.path})")
    click.echo(f"  {found.sql}")
    click.echo(f"  why: {found.wrong}")
    from asof.errors import listed

    click.echo(f"  features of {found.view}: {listed(found.features)}")
    click.echo(f"  mend: {found.remedy}\n")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
