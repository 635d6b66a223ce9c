"""train --reproduce, tune, report and compare as a user meets them: a process, its streams and its exit code."""

import json

import pytest

NOW = ("--now", "2024-04-10")


def test_a_version_is_reproduced_or_not(run, toy):
    run("train", "big", *NOW)
    done = run("train", "--reproduce", "big", "1", *NOW)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == (
        "big version 1, known by 2024-04-10 00:00 UTC, 136 + 20 + 40 rows as the feature view gives them today"
    )
    assert "rows     the same, hash " in done.stdout
    assert "metrics  the same to the last digit, 4 of whole splits" in done.stdout
    toy.sql("update features.toy_view set amount = 100 - amount where id = 3")
    done = run("train", "--reproduce", "big", "1", *NOW)
    assert done.returncode == 1
    assert "rows     DIFFER: hash " in done.stdout
    assert json.loads(run("train", "--reproduce", "big", "1", *NOW, "--json").stdout)["rows_agree"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "big", "1"], "a version needs --reproduce"),
        (["train", "--reproduce", "big"], "--reproduce needs a version"),
        (["train", "--reproduce", "big", "1", "--backtest"], "--backtest and --drop-one do not go with --reproduce"),
        (["train", "big", "--backtest"], "a back-test needs labelled rows of at least"),
        (["tune", "big"], "training/toy.py has no function 'search_space'"),
        (["tune", "big", "--resume", "--folds", "2"], "--folds is as the search began with it; leave it out with"),
        (["report", "big"], "Error: model big has no version yet by 2024-04-10"),
        (["compare", "big", "champion", "1"], "Error: model big has no 'champion'"),
        (["promote", "big", "--force"], "asof promote big VERSION --force --reason"),
    ],
)
def test_a_mistake_is_told(run, toy, arguments, message):
    if "--backtest" in arguments:
        toy.sql("delete from features.toy_view where id < 110")
        toy.edit("models/big.yml", "validation: 10 days, test: 20 days", "validation: 20 days, test: 10 days")
    done = run(*arguments, *NOW)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_search_prints_what_to_put_into_the_spec(run, toy):
    with (toy.root / "training/toy.py").open("a") as file:
        file.write('\n\ndef search_space(trial):\n    return {"fit__C": trial.suggest_float("C", 0.01, 10.0)}\n')
    done = run("tune", "big", "--trials", "3", "--folds", "2", *NOW)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("big: 3 trials on 2 folds of what was known by 2024-04-10 00:00 UTC")
    _, block = done.stdout.split("The best for models/big.yml:\n\n")
    block = block.split("\n\nNext:")[0]
    toy.edit("models/big.yml", "split:", f"{block}\nsplit:")
    trained = json.loads(run("train", "big", *NOW, "--json").stdout)
    assert trained["status"] == "registered"
    (best,) = toy.sql("select trial, parameters from ml.trials order by value desc, trial limit 1")
    spec = json.loads(toy.sql("select spec from ml.model_versions")[0][0])
    assert spec["parameters"] == json.loads(best[1])


def test_a_report_is_written(run, toy):
    run("train", "big", *NOW)
    done = run("report", "big", "1", *NOW)
    assert done.stdout == f"{toy.root}/reports/big_v1.html\n{toy.root}/reports/big_v1.md\n"
    assert {path.name for path in (toy.root / "reports").iterdir()} == {"big_v1.html", "big_v1.md"}
    elsewhere = run("report", "big", "--output", "cards", *NOW, "--json")
    assert json.loads(elsewhere.stdout)["files"] == ["cards/big_v1.html", "cards/big_v1.md"]


def test_two_versions_side_by_side(run, toy):
    run("train", "size", *NOW)
    toy.edit("models/size.yml", "split:", "features: {exclude: [amount]}\nsplit:")
    toy.edit("models/size.yml", "min_gain: 1.0", "min_gain: -100")
    run("train", "size", *NOW)
    lines = run("compare", "size", "1", "2", *NOW).stdout.splitlines()
    assert lines[0] == "size versions 1 and 2 on 40 rows of 2024-03-21 00:00 to 2024-04-10 00:00 UTC; days resampled"
    assert lines[-1].split()[0] == "mean_absolute_error"
    assert lines[-1].split()[-1] == "1"


def test_a_forced_promotion(run, toy):
    toy.edit("models/size.yml", "min_gain: 1.0", "min_gain: 1000")
    run("train", "size", *NOW)
    refused = run("promote", "size", "1", *NOW)
    assert refused.returncode == 2
    assert "or overrule them: asof promote size 1 --force --reason" in refused.stderr
    forced = run("promote", "size", "1", "--force", "--reason", "nothing better", *NOW)
    assert forced.stdout == "size: champion is version 1 now, was no version\n"


def test_the_age_of_a_version(run):
    run("train", "size", *NOW)
    lines = run("status", "--now", "2024-04-25").stdout.splitlines()
    assert "age" in lines[0].split()
    assert " 15 d " in lines[1]
    assert json.loads(run("status", "--now", "2024-04-25", "--json").stdout)[0]["age_days"] == 15.0
