"""A model under another name: what it had stays with it."""

import pytest
from toy import NOW

from asof import load_model, new_key, predict, promote, rename, status, train
from asof.errors import RegistryError, SpecError


def rows(toy):
    return toy.sql("select alias, to_version, reason from ml.alias_events where model = 'large' order by event_id")


def test_a_renamed_model_goes_on(toy):
    train("big", toy.open())
    promote("big", 1, toy.open(), reason="first")
    predict("big", toy.open())
    scores = toy.sql("select id, score from predictions.big order by all")
    done = rename("big", "large", toy.open(), reason="a better name")
    assert not (toy.root / "models/big.yml").exists()
    assert "name: large" in (toy.root / "models/large.yml").read_text()
    assert done.spec == toy.root / "models/large.yml"
    assert toy.sql("select id, score from predictions.large order by all") == scores
    assert toy.sql("select distinct model from predictions.large") == [("large",)]
    assert rows(toy) == [("champion", 1, "first")]
    assert predict("large", toy.open()).scored_rows == 0, "was scored before"
    assert [(version.model, version.aliases) for version in status(toy.open())] == [("large", ["champion"])]
    assert load_model("large", project=toy.open()).version == 1
    train("large", toy.open())
    assert promote("large", 2, toy.open()).from_version == 1
    assert toy.sql("select model, new_name, happened_at, reason from ml.renames") == [
        ("big", "large", NOW, "a better name")
    ]


def test_names_that_are_taken_or_none(toy):
    train("big", toy.open())
    for name, message in (
        ("size", "there is a spec models/size.yml already"),
        ("Big-1", "cannot be the name of a model"),
    ):
        with pytest.raises(RegistryError, match=message):
            rename("big", name, toy.open())
    assert (toy.root / "models/big.yml").exists()


def test_signed_versions_are_signed_again(toy, monkeypatch):
    monkeypatch.setenv("ASOF_SIGNING_KEY", new_key())
    train("big", toy.open())
    promote("big", 1, toy.open())
    key = monkeypatch
    with key.context() as without:
        without.delenv("ASOF_SIGNING_KEY")
        with pytest.raises(RegistryError, match="its versions are signed, and a signature covers the name"):
            rename("big", "large", toy.open())
    rename("big", "large", toy.open())
    assert load_model("large", project=toy.open()).version == 1


def test_a_rename_that_fails_leaves_nothing(toy):
    """The name stands in quotes in the spec, where it is not found."""
    train("big", toy.open())
    toy.edit("models/big.yml", "name: big", 'name: "big"')
    with pytest.raises(SpecError):
        rename("big", "large", toy.open())
    assert not (toy.root / "models/large.yml").exists()
    assert toy.sql("select distinct model from ml.model_versions") == [("big",)]
    assert status(toy.open())[0].model == "big"
