"""`asof predict`."""

from typing import TYPE_CHECKING, Any

import click

from asof.cli.next_command import of_this_call
from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, print_json, progress_bar

if TYPE_CHECKING:
    from datetime import datetime

    from asof.inference.batch.predict import PredictionResult


@click.command(epilog="Example: asof predict flight_delay --now 2013-11-02")
@click.argument("model")
@click.option(
    "--alias",
    help="Run this alias alone, on what falls to it in the experiment.  [default: champion, and its experiment]",
)
@click.option(
    "--from", "window_from", metavar="INSTANT", help="Begin of the window, exclusive; else the spec's window."
)
@click.option("--to", "window_to", metavar="INSTANT", help="End of the window, inclusive; else now.")
@click.option("--backfill", is_flag=True, help="Work through the window in parts of the spec's length; needs --from.")
@click.option("--again", is_flag=True, help="Score rows again that the version has scored before.")
@click.option(
    "--despite-change", is_flag=True, help="Score though a feature means something else by now; needs --reason."
)
@click.option("--despite-tests", is_flag=True, help="Score though a test of a feature failed; needs --reason.")
@click.option("--reason", help="Why a check is overruled; kept on the run.")
@project_options
@json_option
def predict(
    model: str,
    alias: str | None,
    window_from: str | None,
    window_to: str | None,
    backfill: bool,
    again: bool,
    despite_change: bool,
    despite_tests: bool,
    reason: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Score the rows of MODEL's feature view that are due and were not scored yet.

    Writes to predictions.MODEL, in one transaction (a backfill in one for each part). Run it again: the same rows.
    """
    project = open_project(**options)
    project.model_spec(model)
    from asof.inference.batch.predict import predict as run

    with progress_bar() as bar:
        result = run(
            model,
            project,
            alias=alias,
            window_from=_instant(window_from),
            window_to=_instant(window_to),
            backfill=backfill,
            again=again,
            despite_change=despite_change,
            despite_tests=despite_tests,
            reason=reason,
            progress=bar,
        )
    if as_json:
        print_json(result)
        return
    for arm in (result, *result.beside):
        click.echo(_told(arm))
        if arm.missed_rows and arm.missed_from:
            command = f"asof predict {model} --from {arm.missed_from:%Y-%m-%dT%H:%M:%SZ} --backfill"
            click.echo(
                of_this_call(
                    f"{arm.missed_rows:,} rows came due after the last run's window and before this one, and no later run "
                    f"will score them; score them with: {command}"
                ),
                err=True,
            )
        if arm.warnings:
            click.echo(f"warning: {arm.warnings}", err=True)
        if arm.gone_rows:
            click.echo(
                f"{arm.gone_rows:,} predictions belong to questions that have left the feature view; their gone_at says when this was noticed",
                err=True,
            )
        if arm.changed_rows:
            click.echo(
                f"{arm.changed_rows:,} rows were scored before from features that are others now; --again scores them again",
                err=True,
            )


def _told(result: "PredictionResult") -> str:
    window = f"in {instant(result.window_from)} to {instant(result.window_to)} UTC"
    if not result.window_rows:
        return f"{result.table}: no row is due {window}; nothing to score for version {result.version} ({result.alias})"
    before = result.window_rows - result.scored_rows
    return (
        f"{result.table}: {result.scored_rows:,} rows scored by version {result.version} ({result.alias}), due {window}"
        + (f"; {before:,} were scored before" if before else "")
        + (f"; files in {result.files}" if result.files else "")
    )


def _instant(text: str | None) -> "datetime | None":
    from asof.clock import parse_instant

    return None if text is None else parse_instant(text)
