"""`asof predict`."""

from typing import TYPE_CHECKING, Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, print_json, progress_bar

if TYPE_CHECKING:
    from datetime import datetime


@click.command(epilog="Example: asof predict flight_delay --now 2013-11-02")
@click.argument("model")
@click.option("--alias", default="champion", show_default=True, help="Whose version predicts.")
@click.option(
    "--from", "window_from", metavar="INSTANT", help="Begin of the window, exclusive; else the spec's window."
)
@click.option("--to", "window_to", metavar="INSTANT", help="End of the window, inclusive; else now.")
@project_options
@json_option
def predict(
    model: str, alias: str, window_from: str | None, window_to: str | None, as_json: bool, **options: Any
) -> None:
    """Score the rows of MODEL's feature view that are due and were not scored yet.

    Writes to predictions.MODEL, in one transaction. Run it again: the same rows.
    """
    project = open_project(**options)
    project.model_spec(model)
    from asof.inference.predict import predict as run

    with progress_bar() as bar:
        result = run(
            model,
            project,
            alias=alias,
            window_from=_instant(window_from),
            window_to=_instant(window_to),
            progress=bar,
        )
    if as_json:
        print_json(result)
        return
    before = result.window_rows - result.scored_rows
    click.echo(
        f"{result.table}: {result.scored_rows:,} rows scored by version {result.version} ({result.alias}), "
        f"due in {instant(result.window_from)} to {instant(result.window_to)} UTC"
        + (f"; {before:,} were scored before" if before else "")
    )


def _instant(text: str | None) -> "datetime | None":
    from asof.clock import parse_instant

    return None if text is None else parse_instant(text)
