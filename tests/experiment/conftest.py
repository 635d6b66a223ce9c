"""The shop with a champion, a challenger and a shadow, and 2,000 hours of their predictions."""

import os

import pytest
from package import install_package
from shop import BEGUN, END, EXPERIMENT, TRAINED, Shop

from asof import predict, promote, train


@pytest.fixture(scope="session")
def compared(tmp_path_factory, environment) -> Shop:
    """Not to be changed but for its predictions: see `scores`."""
    root = tmp_path_factory.mktemp("shop")
    shop = Shop(root, {**environment, "SHOP": str(root / "shop.duckdb"), "DBT_PROFILES_DIR": str(root)})
    install_package(root / "dbt_project")
    os.environ["SHOP"] = shop.environment["SHOP"]
    shop.write(STRENGTH="1e-9")
    shop.build(TRAINED)
    train("answer", shop.open(TRAINED))
    shop.write(STRENGTH="1.0")
    train("answer", shop.open(TRAINED))
    for alias, version in (("champion", 1), ("challenger", 2), ("shadow", 2)):
        promote("answer", version, shop.open(TRAINED), alias=alias)
    spec = root / "models/answer.yml"
    spec.write_text(spec.read_text() + EXPERIMENT)
    shop.build(BEGUN, "--full-refresh")
    predict("answer", shop.open(BEGUN), window_from=TRAINED)
    shop.build(END, "--full-refresh")
    predict("answer", shop.open(END), window_from=TRAINED)
    shop.build(END, "--select", "answer_experiment")
    return shop
