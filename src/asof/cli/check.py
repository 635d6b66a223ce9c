"""`asof check`."""

from typing import Any

import click

from asof.cli.next_command import of_this_call
from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import print_json


@click.command(epilog="Example: asof check flight_delay --now 2013-11-01")
@click.argument("models", nargs=-1)
@project_options
@json_option
def check(models: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Look for what training MODELS would refuse, without training: specs, files, columns, splits.

    Runs neither dbt nor code of yours, and writes nothing. Exits with 1 when something is wrong.
    """
    project = open_project(**options)
    from asof.training.check import check as run

    found = run(models, project)
    if as_json:
        print_json(found)
    for each in found if not as_json else []:
        rows = ", ".join(f"{count:,} rows to {name}" for name, count in each.rows.items())
        click.echo(
            f"{each.model}: " + ("ok" if not each.wrong else f"{len(each.wrong)} wrong") + (f"; {rows}" if rows else "")
        )
        for words in each.wrong:
            click.echo(of_this_call(f"  {words}"))
    return 1 if any(each.wrong for each in found) else 0
