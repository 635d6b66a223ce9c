"""`asof train`."""

import shlex
from typing import TYPE_CHECKING, Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, number, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from asof.training.result import TrainingResult


@click.command(epilog="Example: asof train flight_delay --now 2013-11-01")
@click.argument("model")
@project_options
@json_option
def train(model: str, as_json: bool, **options: Any) -> int:
    """Train a new version of MODEL on what is known now, and register it.

    Exits with 1 when a gate rejects the version.
    """
    project = open_project(**options)
    project.model_spec(model)  # A mistake in the spec is told before anything heavy is loaded.
    from asof.training.train import train as run

    with progress_bar() as bar:
        result = run(model, project, progress=bar)
    if as_json:
        print_json(result)
    else:
        _print(result, options["now"])
    return 0 if result.status == "registered" else 1


def _print(result: "TrainingResult", now: str | None) -> None:
    click.echo(
        f"{result.model} version {result.version} {result.status}, trained on what was known by "
        f"{instant(result.known_by)} UTC: {result.train_rows:,} rows to fit, {result.validation_rows:,} to validate, "
        f"{result.test_rows:,} to test"
    )
    whole = [m for m in result.measurements if m.slice_by == "all"]
    validation = {m.metric: m.value for m in whole if m.split == "validation"}
    click.echo()
    print_table(
        ["metric", "validation", "test", "baseline", "champion"],
        [
            [
                m.metric,
                number(validation[m.metric]),
                number(m.value),
                number(m.baseline_value),
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
    if result.status == "registered":
        click.echo(
            f"\nNext: asof promote {result.model} {result.version}" + (f" --now {shlex.quote(now)}" if now else "")
        )
