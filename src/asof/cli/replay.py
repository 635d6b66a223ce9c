"""`asof replay`."""

from typing import TYPE_CHECKING, Any, cast

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, print_json, progress_bar

if TYPE_CHECKING:
    from asof.leaks.replay.compare import Difference
    from asof.leaks.replay.incremental import IncrementalReplay
    from asof.leaks.replay.predictions import PredictionReplay
    from asof.leaks.replay.replay import Moment, ReplayResult


@click.command(epilog="Example: asof replay flight_delay --now 2013-11-08")
@click.argument("name", metavar="VIEW_OR_MODEL")
@click.option("--moments", type=click.IntRange(1, 100), default=3, show_default=True, help="How many moments.")
@click.option("--at", "at", metavar="INSTANT", multiple=True, help="A moment to replay, instead; can be repeated.")
@click.option(
    "--predictions",
    is_flag=True,
    help="Compare what a model was given when it predicted with its features derived again.",
)
@click.option(
    "--incremental",
    is_flag=True,
    help="Build in steps, one on top of the other, and in full, and compare the two.",
)
@project_options
@json_option
def replay(
    name: str, moments: int, at: tuple[str, ...], predictions: bool, incremental: bool, as_json: bool, **options: Any
) -> int:
    """Build a feature view as of moments of the past, and compare every cell with today's.

    VIEW_OR_MODEL is a feature view, or a model for its view. Builds in a scratch database; the warehouse is only read.
    Exits with 1 on a difference: a leak, or a feature that is not deterministic.
    """
    context = click.get_current_context()
    if predictions and (at or context.get_parameter_source("moments") is click.core.ParameterSource.COMMANDLINE):
        raise click.UsageError("--predictions replays what was predicted; --moments and --at do not go with it")
    if predictions and incremental:
        raise click.UsageError("--predictions and --incremental compare different things; give one of them")
    project = open_project(**options)
    from asof.clock import parse_instant
    from asof.leaks.replay.incremental import replay_incremental
    from asof.leaks.replay.predictions import replay_predictions
    from asof.leaks.replay.replay import replay as run

    result: ReplayResult | PredictionReplay | IncrementalReplay
    instants = [parse_instant(text) for text in at]
    with progress_bar() as bar:
        if predictions:
            result = replay_predictions(name, project, progress=bar)
        elif incremental:
            result = replay_incremental(name, project, moments=moments, at=instants, progress=bar)
        else:
            result = run(name, project, moments=moments, at=instants, progress=bar)
    if as_json:
        print_json(result)
    elif predictions:
        _print_predictions(cast("PredictionReplay", result))
    elif incremental:
        _print_incremental(cast("IncrementalReplay", result))
    else:
        _print(cast("ReplayResult", result))
    return 0 if result.agrees else 1


def _print_predictions(result: "PredictionReplay") -> None:
    words = (
        f"{len(result.differences)} differ" if result.differences else "the model was given what its view gives today"
    )
    missing = f"; the view no longer has {', '.join(result.missing)}" if result.missing else ""
    gone = f"; {result.gone:,} no longer have a row in {result.view}" if result.gone else ""
    why = "features not kept, and their hash is of another DuckDB or of a column that is gone"
    other = f"; {result.not_comparable:,} were not compared ({why})" if result.not_comparable else ""
    compared = [f"{result.rows:,} rows, {result.columns} features"] if result.rows or not result.hashed else []
    compared += [f"{result.hashed:,} rows by the hash of their features"] if result.hashed else []
    click.echo(f"predictions of {result.model}: {', '.join(compared)}, {words}{missing}{gone}{other}")
    for difference in result.differences:
        _print_difference(difference)


def _print_incremental(result: "IncrementalReplay") -> None:
    steps = ", ".join(instant(step) for step in result.steps)
    click.echo(f"{result.view} built in {len(result.steps)} steps ({steps} UTC) and in full")
    if not result.tables:
        click.echo("  neither it nor a group of it is incremental: there is nothing to compare")
    for table in result.tables:
        words = [f"{table.rows:,} rows, "]
        if table.differences:
            words.append(f"{len(table.differences)} of {table.columns} columns differ")
        else:
            words.append(f"all {table.columns} columns are the same")
        words.append(f"; {table.only_in_full:,} rows are there in full alone" if table.only_in_full else "")
        words.append(f"; {table.only_in_steps:,} rows are there in steps alone" if table.only_in_steps else "")
        click.echo(f"  {table.model}: {''.join(words)}")
        for difference in table.differences:
            _print_difference(difference, before="in full", after="in steps")


def _print(result: "ReplayResult") -> None:
    for moment in result.moments:
        click.echo(f"{result.view} as of {instant(moment.moment)} UTC: {_summary(moment)}")
        for difference in moment.differences:
            _print_difference(difference)


def _summary(moment: "Moment") -> str:
    if moment.agrees:
        return f"{moment.rows:,} rows, all {moment.columns} columns as they were then"
    parts = [f"{moment.rows:,} rows, {len(moment.differences)} of {moment.columns} columns differ"]
    if moment.only_today:
        parts.append(f"{moment.only_today:,} rows of today were not there then")
    if moment.only_then:
        parts.append(f"{moment.only_then:,} rows of then are not there today")
    return "; ".join(parts)


def _print_difference(difference: "Difference", before: str = "then", after: str = "today") -> None:
    where = f"; the first to differ is {difference.first}" if difference.first else ""
    click.echo(f"  {difference.column}: {difference.rows:,} rows{where}")
    for example in difference.examples:
        key = ", ".join(f"{name} = {value}" for name, value in example.key.items())
        click.echo(f"    {key}: {before} {example.then}, {after} {example.today}")
