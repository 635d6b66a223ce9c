"""The command line: results on stdout, errors and waiting on stderr, bars on a terminal. Commands import the engine when
they run.

Exit codes: 0 done, 1 a check said no, 2 the call or the project is wrong, 3 a mistake in asof, 130 interrupted.
"""

import logging
import os
import sys
import traceback
from pathlib import Path

import click

from asof import __version__
from asof.cli.aliases import promote, rename, rollback
from asof.cli.catalogue import exposures, features, graph
from asof.cli.check import check
from asof.cli.compare import compare
from asof.cli.compile import compile_
from asof.cli.interrupt import ending_at_the_second_interrupt
from asof.cli.keys import keys
from asof.cli.lint import lint
from asof.cli.plan import plan
from asof.cli.predict import predict
from asof.cli.replay import replay
from asof.cli.report import report
from asof.cli.status import status
from asof.cli.train import train
from asof.cli.tune import tune

_EPILOG = "Example: asof train flight_delay --now 2013-11-01, then asof promote flight_delay"


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="asof")
def asof() -> None:
    """Machine learning in the warehouse, correct as of a moment.

    Features are dbt models: build them with `dbt build --project-dir dbt_project`.
    """
    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)


for command in (
    check,
    lint,
    replay,
    plan,
    features,
    graph,
    tune,
    train,
    report,
    compare,
    promote,
    rollback,
    rename,
    keys,
    predict,
    compile_,
    status,
    exposures,
):
    asof.add_command(command)


def main() -> None:
    """Runs the command line and leaves with its exit code; a user's mistake is a message, not a traceback."""
    from asof.errors import AsofError

    if sys.stdout is None:  # closed by the caller
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    try:
        with ending_at_the_second_interrupt():
            code = asof.main(standalone_mode=False)
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = 2
    except AsofError as error:
        click.echo(f"Error: {error}", err=True)
        for note in getattr(error, "__notes__", []):
            click.echo(note, err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted: what was not finished was not written.", err=True)
        code = 130
    except Exception as error:  # noqa: BLE001  # Not 1, which says that a gate rejected a version.
        code = _unexpected(error)
    sys.exit(code or 0)


def _unexpected(error: Exception) -> int:
    """Prints an error that no command raises on purpose, and returns the exit code."""
    from asof.errors import remedy

    if isinstance(error, OSError) and _is_of_output(error):
        click.echo(f"Error: the command is done, but its output cannot be written: {error.strerror}", err=True)
        return 2
    if remedy(error):
        click.echo(f"Error: {error}{remedy(error)}", err=True)
        return 2
    traceback.print_exc()
    words = "This is a mistake in asof, not in your project. Please report it with the lines above."
    click.echo(words, err=True)
    return 3


def _is_of_output(error: OSError) -> bool:
    """Whether stdout refused the output, as on a full disk. If so, Python will not try to write it again on exit.

    Only click and this package write to stdout, so the error then comes from a file of theirs.
    """
    raised_in = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    if raised_in.parent not in {Path(click.__file__).parent, Path(__file__).parent}:
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True
