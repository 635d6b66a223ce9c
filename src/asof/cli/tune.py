"""`asof tune`."""

from typing import TYPE_CHECKING, Any

import click

from asof.cli.next_command import of_this_call
from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import instant, number, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from asof.training.tuning.tune import TuningResult


@click.command(epilog="Example: asof tune flight_delay --trials 30 --now 2013-11-01")
@click.argument("model")
@click.option("--trials", type=click.IntRange(1), default=50, show_default=True, help="How many trials in all.")
@click.option(
    "--folds", type=click.IntRange(1, 20), default=3, show_default=True, help="Rolling-origin folds per trial."
)
@click.option("--metric", help="What to tune for; the spec's first if not given.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True, help="Of the search.")
@click.option("--resume", is_flag=True, help="Go on with the model's last search, on its rows and with its folds.")
@project_options
@json_option
def tune(
    model: str, trials: int, folds: int, metric: str | None, seed: int, resume: bool, as_json: bool, **options: Any
) -> int:
    """Search hyper-parameters of MODEL: the search_space(trial) of its estimator's file.

    Each trial is a row of the registry's trials, written when it ends: after Ctrl-C, go on with --resume. The test split is
    never looked at. Exits with 1 when no trial came to an end.
    """
    source = click.get_current_context().get_parameter_source
    begun_with = [
        name for name in ("folds", "metric", "seed") if source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if resume and begun_with:
        raise click.UsageError(f"--{begun_with[0]} is as the search began with it; leave it out with --resume")
    project = open_project(**options)
    project.model_spec(model)
    from asof.training.tuning.tune import tune as run

    try:
        with progress_bar() as bar:
            result = run(
                model, project, trials=trials, folds=folds, metric=metric, seed=seed, resume=resume, progress=bar
            )
    except KeyboardInterrupt:
        click.echo(of_this_call(f"The trials that ended are kept; go on with: asof tune {model} --resume"), err=True)
        raise
    if as_json:
        print_json(result)
    else:
        _print(result)
    return 0 if result.best else 1


def _print(result: "TuningResult") -> None:
    states = [trial.state for trial in result.trials]
    click.echo(
        f"{result.model}: {len(states)} trials on {result.folds} folds of what was known by {instant(result.known_by)} UTC, "
        f"{states.count('pruned')} given up early, {states.count('failed')} failed"
    )
    if result.best is None:
        reasons = {trial.error for trial in result.trials if trial.error}
        click.echo(f"No trial came to an end. {'; '.join(sorted(reasons))}")
        return
    ranked = [trial for trial in result.trials if trial.value is not None]
    ranked.sort(key=lambda trial: abs((trial.value or 0.0) - (result.best.value or 0.0)) if result.best else 0.0)
    click.echo()
    print_table(
        ["trial", result.metric, "by fold", "parameters"],
        [
            [
                trial.number,
                number(trial.value),
                " ".join(number(value) for value in trial.fold_values),
                ", ".join(
                    f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
                    for name, value in trial.parameters.items()
                ),
            ]
            for trial in ranked[:5]
        ],
    )
    import yaml

    block = yaml.safe_dump({"parameters": result.best.parameters}, sort_keys=False)
    click.echo(f"\nThe best for models/{result.model}.yml:\n\n{block}")
    click.echo(of_this_call(f"Next: asof train {result.model}"))
