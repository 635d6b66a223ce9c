"""Both toy models with a champion trained on day 80; the window of two days before then has rows 157 to 160."""

from datetime import timedelta

import pytest
from toy import FIRST, ToyProject

from asof import promote, train

DAY_80 = FIRST + timedelta(days=80)


def _promote_both(toy: ToyProject) -> None:
    for model in ("big", "size"):
        train(model, toy.open(DAY_80))
        promote(model, project=toy.open(DAY_80))


@pytest.fixture
def promoted(toy, prepared) -> ToyProject:
    prepared(_promote_both)
    return toy
