"""`asof compare`."""

from typing import TYPE_CHECKING, Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, interval, number, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from asof.training.compare import VersionComparison


@click.command(epilog="Example: asof compare flight_delay champion 3")
@click.argument("model")
@click.argument("a")
@click.argument("b")
@project_options
@json_option
def compare(model: str, a: str, b: str, as_json: bool, **options: Any) -> None:
    """Compare two versions of MODEL on the same rows, which neither was fitted on.

    A and B are numbers of versions, or aliases. The test is paired: both are measured on the same resampled days.
    """
    project = open_project(**options)
    project.model_spec(model)
    from asof.training.compare import compare as run

    with progress_bar() as bar:
        result = run(model, a, b, project, progress=bar)
    if as_json:
        print_json(result)
    else:
        _print(result)


def _print(result: "VersionComparison") -> None:
    click.echo(
        f"{result.model} versions {result.a} and {result.b} on {result.rows:,} rows of {instant(result.rows_from)} to "
        f"{instant(result.rows_to)} UTC; {'days' if result.by_day else 'rows'} resampled\n"
    )
    names = {"a": str(result.a), "b": str(result.b), "-": "-"}
    print_table(
        ["metric", f"version {result.a}", f"version {result.b}", "difference", "95 %", "p", "better"],
        [
            [
                m.metric,
                number(m.a),
                number(m.b),
                number(m.difference),
                interval(m.low, m.high),
                "-" if m.p_value is None else f"{m.p_value:.3f}",
                names[m.better],
            ]
            for m in result.metrics
        ],
    )
