"""`asof report`."""

from pathlib import Path
from typing import Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import print_json


@click.command(epilog="Example: asof report flight_delay 3")
@click.argument("model")
@click.argument("version", type=int, required=False)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to; reports/ in the project if not given.",
)
@project_options
@json_option
def report(model: str, version: int | None, output: Path | None, as_json: bool, **options: Any) -> None:
    """Write the report of a VERSION of MODEL: of the champion if none is named, else of the newest.

    One HTML file that needs no network, and the same as a model card in Markdown. Only the registry is read.
    """
    project = open_project(**options)
    project.model_spec(model)
    from asof.report.write import make_report

    made = make_report(model, version, project)
    files = made.write(output or project.root / "reports")
    if as_json:
        print_json({"model": made.model, "version": made.version, "files": files})
        return
    for file in files:
        click.echo(file)
