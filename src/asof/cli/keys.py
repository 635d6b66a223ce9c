"""`asof keys`: makes the key that is kept outside the warehouse, and signs versions with it."""

from typing import Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import print_json


@click.group(epilog="Example: asof keys sign flight_delay")
def keys() -> None:
    """Make a signing key, and sign versions with the one in ASOF_SIGNING_KEY."""


@keys.command(epilog="Example: asof keys new")
def new() -> None:
    """Print a new key. asof stores it nowhere."""
    from asof.registry.signing import new_key

    click.echo(new_key())


@keys.command(epilog="Example: asof keys sign flight_delay 3")
@click.argument("model")
@click.argument("versions", type=int, nargs=-1)
@project_options
@json_option
def sign(model: str, versions: tuple[int, ...], as_json: bool, **options: Any) -> None:
    """Sign VERSIONS of MODEL that the key has not signed, all of them if none is named.

    Their artifacts are not read. Sign only versions whose origin you know: signed means trusted.
    """
    project = open_project(**options)
    from asof.registry.signing import sign_versions

    signed = sign_versions(model, versions, project)
    if as_json:
        print_json({"model": model, "signed": signed})
        return
    names = ", ".join(map(str, signed))
    click.echo(f"{model}: signed version {names}" if signed else f"{model}: signed already")
