"""`asof train`."""

from typing import TYPE_CHECKING, Any

import click

from asof.cli.next_command import of_this_call
from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, interval, number, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from asof.training.reproduce import Reproduction
    from asof.training.result import TrainingResult


@click.command(epilog="Example: asof train flight_delay --now 2013-11-01")
@click.argument("model")
@click.argument("version", type=int, required=False)
@click.option(
    "--reproduce", is_flag=True, help="Train VERSION again, and say whether rows and metrics come out as then."
)
@click.option("--backtest", is_flag=True, help="Also train at earlier moments, and measure how versions age.")
@click.option("--drop-one", is_flag=True, help="Also fit without each feature, and measure what each is worth.")
@project_options
@json_option
def train(
    model: str, version: int | None, reproduce: bool, backtest: bool, drop_one: bool, as_json: bool, **options: Any
) -> int:
    """Train a new version of MODEL on what is known now, and register it.

    Exits with 1 when a gate rejects the version. With --reproduce nothing is registered; exits with 1 when rows or metrics
    do not come out as they were recorded.
    """
    if reproduce != (version is not None):
        raise click.UsageError(
            "--reproduce needs a version, and a version needs --reproduce: --reproduce MODEL VERSION"
        )
    if reproduce and (backtest or drop_one):
        raise click.UsageError("--backtest and --drop-one do not go with --reproduce")
    project = open_project(**options)
    if version is not None:
        return _reproduce(project, model, version, as_json=as_json)
    project.model_spec(model)  # A mistake in the spec is told before anything heavy is loaded.
    from asof.training.train import train as run

    with progress_bar() as bar:
        result = run(model, project, backtest=backtest, drop_one=drop_one, progress=bar)
    if as_json:
        print_json(result)
    else:
        _print(result)
    return 0 if result.status == "registered" else 1


def _reproduce(project: Any, model: str, version: int, *, as_json: bool) -> int:
    from asof.training.reproduce import reproduce as run

    with progress_bar() as bar:
        result = run(model, version, project, progress=bar)
    if as_json:
        print_json(result)
    else:
        _print_reproduction(result)
    return 0 if result.agrees else 1


def _print(result: "TrainingResult") -> None:
    click.echo(
        f"{result.model} version {result.version} {result.status}, trained on what was known by "
        f"{instant(result.known_by)} UTC: {result.train_rows:,} rows to fit, {result.validation_rows:,} to validate, "
        f"{result.test_rows:,} to test; {result.unlabelled_share:.1%} of all rows had no label by then"
    )
    whole = [m for m in result.measurements if m.slice_by == "all"]
    validation = {m.metric: m.value for m in whole if m.split == "validation"}
    click.echo()
    print_table(
        ["metric", "validation", "test", "95 %", "prior", "linear", "champion"],
        [
            [
                m.metric,
                number(validation[m.metric]),
                number(m.value),
                interval(m.low, m.high),
                number(m.baseline_value),
                number(m.linear_value),
                number(m.champion_value),
            ]
            for m in whole
            if m.split == "test"
        ],
    )
    if result.gates:
        click.echo()
        print_table(
            ["gate", "", ""],
            [[gate.gate, "passed" if gate.passed else "FAILED", gate.detail] for gate in result.gates],
        )
    if result.staleness:
        click.echo()
        rows = [[metric, f"{slope:+.5f}"] for metric, slope in result.staleness.worse_per_week.items()]
        print_table(["metric", "worse per week of age"], rows)
    click.echo(of_this_call(f"\nReport: asof report {result.model} {result.version}"))
    if result.status == "registered":
        click.echo(of_this_call(f"Next: asof promote {result.model} {result.version}"))


def _print_reproduction(result: "Reproduction") -> None:
    rows = " + ".join(f"{count:,}" for count in result.rows)
    source = "as they were frozen" if result.frozen else "as the feature view gives them today"
    click.echo(
        f"{result.model} version {result.version}, known by {instant(result.known_by)} UTC, {rows} rows {source}"
    )
    if result.rows_agree:
        click.echo(f"rows     the same, hash {result.content_hash[:16]}")
    else:
        then = " + ".join(f"{count:,}" for count in result.recorded_rows)
        click.echo(
            f"rows     DIFFER: hash {result.content_hash[:16]} of {rows}, {result.recorded_hash[:16]} of {then} was recorded"
        )
    different = [each for each in result.metrics if not each.agrees]
    for each in different:
        click.echo(f"metric   {each.metric} on {each.split}: {each.now!r} now, {each.recorded!r} was recorded")
    if not different:
        click.echo(f"metrics  the same to the last digit, {len(result.metrics)} of whole splits")
    if result.slices_that_differ:
        click.echo(f"slices   {result.slices_that_differ} figures DIFFER")
    for change in result.changes:
        click.echo(f"changed  {change}")
