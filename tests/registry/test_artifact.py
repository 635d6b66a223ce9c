"""Artifacts: what was registered comes back to the bit; a changed byte or a type that is not allowed does not load."""

import functools
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_array
from xgboost import XGBClassifier

from asof import compare, load_model, predict, promote, train
from asof.errors import ArtifactError, RegistryError
from asof.registry.artifact import Trust, artifact_hash, dump_artifact, load_artifact

sys.path.append(str(Path(__file__).parent))
from fuzzing import fuzz, linear

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10) % 2


def test_round_trip():
    fitted = XGBClassifier(n_estimators=5, n_jobs=1).fit(X, Y)
    content = dump_artifact(fitted, Trust(), "m")
    loaded = load_artifact(content, artifact_hash(content), Trust(), "m version 1")
    assert (loaded.predict_proba(X) == fitted.predict_proba(X)).all()


def test_a_changed_byte():
    content = dump_artifact(LogisticRegression().fit(X, Y), Trust(), "m")
    changed = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(ArtifactError, match=r"m version 1: the artifact's SHA-256 is .*; its bytes have changed"):
        load_artifact(changed, artifact_hash(content), Trust(), "m version 1")


def test_the_hash_is_sha_256():
    # FIPS 180-2, appendix B.1
    assert artifact_hash(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_type_that_the_project_does_not_allow():
    estimator = FunctionTransformer(np.polyfit)
    with pytest.raises(ArtifactError, match=r"contains numpy.*polyfit, which the project does not allow.*asof_trusted"):
        dump_artifact(estimator, Trust(), "m")


def test_a_type_that_the_project_adds():
    content = dump_artifact(FunctionTransformer(np.polyfit), Trust(("numpy.polyfit",)), "m")
    assert load_artifact(content, artifact_hash(content), Trust(("numpy.polyfit",)), "m").func is np.polyfit
    with pytest.raises(ArtifactError, match=r"contains numpy\.polyfit"):
        load_artifact(content, artifact_hash(content), Trust(), "m")


@pytest.mark.parametrize(("function", "told"), [(check_array, None), (np.sum, "functools.partial")])
def test_a_bound_function_is_allowed_by_what_it_is(function, told):
    content = skops.io.dumps(FunctionTransformer(functools.partial(function, dtype=None)))
    if told is None:
        loaded = load_artifact(content, artifact_hash(content), Trust(), "m")
        assert loaded.func.func is check_array
        return
    with pytest.raises(ArtifactError, match=f"contains {told}"):
        load_artifact(content, artifact_hash(content), Trust(), "m")


def test_histogram_trees_ask_for_their_trees_alone():
    fitted = HistGradientBoostingClassifier(max_iter=2, categorical_features=[0]).fit(X[:, :1] % 3, Y)
    tree = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
    with pytest.raises(ArtifactError, match=rf"contains {tree}, which"):
        dump_artifact(fitted, Trust(), "m")
    content = dump_artifact(fitted, Trust((tree,)), "m")
    loaded = load_artifact(content, artifact_hash(content), Trust((tree,)), "m")
    assert (loaded.predict_proba(X[:, :1] % 3) == fitted.predict_proba(X[:, :1] % 3)).all()


class Hostile:
    """What an attacker would plant: reading it back runs code."""

    def __init__(self, witness: str) -> None:
        self.witness = witness

    def __setstate__(self, state):
        Path(state["witness"]).touch()


def test_nothing_of_a_hostile_artifact_runs(tmp_path):
    witness = tmp_path / "witness"
    content = skops.io.dumps(Hostile(str(witness)))
    name = f"{Hostile.__module__}.Hostile"
    with pytest.raises(ArtifactError, match=rf"m version 1: the artifact contains {name}, which"):
        load_artifact(content, artifact_hash(content), Trust(), "m version 1")
    assert not witness.exists()
    load_artifact(content, artifact_hash(content), Trust((name,)), "m version 1")
    assert witness.exists(), "it would have run"


def test_what_is_planted_in_the_registry_does_not_run(toy, tmp_path):
    """Someone who can write to the warehouse puts an artifact of their own there, with its right hash."""
    train("size", toy.open())
    promote("size", project=toy.open())
    witness = tmp_path / "witness"
    content = skops.io.dumps(Hostile(str(witness)))
    toy.sql("update ml.model_versions set artifact = ?, artifact_sha256 = ?", [content, artifact_hash(content)])
    told = r"size version 1: the artifact contains .*Hostile, which the project does not allow"
    with pytest.raises(ArtifactError, match=told):
        predict("size", toy.open())
    with pytest.raises(ArtifactError, match=told):
        compare("size", 1, 1, toy.open())
    assert not witness.exists()
    assert toy.sql("select count(*) from duckdb_tables() where schema_name = 'predictions'") == [(0,)]


def test_a_champion_that_cannot_be_read_is_no_rival_and_no_obstacle(toy, caplog):
    train("size", toy.open())
    promote("size", project=toy.open())
    toy.sql("update ml.model_versions set artifact = 'nothing'::blob")
    assert {m.champion_value for m in train("size", toy.open()).measurements} == {None}
    assert "the candidate is not compared with the champion: size version 1: the artifact's SHA-256 is" in caplog.text
    toy.edit("models/size.yml", "versus: baseline, min_gain: 1.0", "versus: champion, max_drop: 1.0")
    with pytest.raises(ArtifactError, match="size version 1: the artifact's SHA-256 is"):
        train("size", toy.open())


def test_a_size_that_the_project_does_not_allow():
    content = dump_artifact(LogisticRegression().fit(X, Y), Trust(), "m")
    with pytest.raises(
        ArtifactError, match=r"m: the artifact has 0 MiB, the project allows 0; .*var asof_max_artifact_mb"
    ):
        load_artifact(content, artifact_hash(content), Trust(max_bytes=len(content) - 1), "m")


def test_a_small_file_that_unpacks_to_a_large_one():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * 50_000_000)
    assert len(packed.getvalue()) < 100_000
    trust = Trust(max_bytes=1 << 20)
    with pytest.raises(ArtifactError, match="m: the artifact has 48 MiB, the project allows 1"):
        load_artifact(packed.getvalue(), artifact_hash(packed.getvalue()), trust, "m")


def test_a_size_limit_of_the_project(toy):
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: toy\nvars: {asof_max_artifact_mb: 0.001}")
    with pytest.raises(ArtifactError, match="model size: the artifact has 0 MiB, the project allows 0"):
        train("size", toy.open())


def test_a_file_that_is_no_artifact():
    with pytest.raises(ArtifactError, match="m version 1: the artifact is not a file that skops can read"):
        load_artifact(b"not a zip", artifact_hash(b"not a zip"), Trust(), "m version 1")


def test_whatever_is_wrong_with_a_file_is_told():
    """A hundred damages behind their right hash; `fuzzing.py` tries a thousand."""
    found = fuzz(linear(), 100, seed=1)
    assert set(found) == {"refused", "scored"}, found


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("signature", "'[]x'"),
        ("signature", "'{\"a\": 1}'"),
        ("signature", '\'[{"nme": "a"}]\''),
        ("spec", "'{}'"),
        ("spec", '\'{"split": {"test": "soon"}}\''),
        ("classes", "'5'"),
        ("problem", "'guess'"),
    ],
)
def test_a_damaged_row_of_the_registry_is_told(toy, prepared, column, value):
    prepared(_promoted_size)
    toy.sql(f"alter table ml.model_versions alter {column} set data type varchar")
    toy.sql(f"update ml.model_versions set {column} = {value}")
    with pytest.raises(
        RegistryError, match=r"size version 1: its row in ml.model_versions is damaged .*train again with"
    ):
        load_model("size", 1, toy.open())


def _promoted_size(toy):
    train("size", toy.open())
    promote("size", project=toy.open())
