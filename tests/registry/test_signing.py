"""Signed versions: what the key has not signed is not read, whoever wrote it into the warehouse."""

import hashlib
import json
import os
import random
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from toy import FIRST

from asof import load_model, predict, promote, reproduce, train
from asof.errors import ArtifactError, AsofError, ProjectError, RegistryError
from asof.registry.artifact import artifact_hash
from asof.registry.signing import VARIABLE, new_key, sign_versions

sys.path.append(str(Path(__file__).parent))
from fuzzing import damaged, trees

KEY, OTHER = "0b" * 32, "aa" * 32
DAY_80 = FIRST + timedelta(days=80)


def _trained(toy):
    """A version that nobody signed."""
    train("size", toy.open(DAY_80))
    promote("size", project=toy.open(DAY_80))


@pytest.fixture
def unsigned(toy, prepared, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    prepared(_trained)
    return toy


@pytest.fixture
def signed(unsigned, monkeypatch):
    monkeypatch.setenv(VARIABLE, KEY)
    assert sign_versions("size", project=unsigned.open(DAY_80)) == [1]
    return unsigned


def test_a_version_that_training_signs(unsigned, monkeypatch):
    monkeypatch.setenv(VARIABLE, KEY)
    train("size", unsigned.open(DAY_80))
    assert load_model("size", 2, unsigned.open(DAY_80)).version == 2
    with pytest.raises(ArtifactError, match="size version 1: it has no signature of the key in ASOF_SIGNING_KEY"):
        predict("size", unsigned.open(DAY_80))
    assert sign_versions("size", project=unsigned.open(DAY_80)) == [1]
    assert predict("size", unsigned.open(DAY_80)).scored_rows > 0
    assert sign_versions("size", project=unsigned.open(DAY_80)) == []


def test_the_signature_is_hmac_with_sha_256(signed):
    """By the definition of RFC 2104: H(key xor opad, H(key xor ipad, text))."""
    names = "model, version, problem, label, feature_view, known_by, spec, signature, classes, artifact_sha256"
    (row,) = signed.sql(f"select {names} from ml.model_versions")
    fields = dict(zip(names.split(", "), row, strict=True))
    fields["known_by"] = "2024-03-21T00:00:00+00:00"
    text = json.dumps(fields, sort_keys=True).encode()
    key = bytes.fromhex(KEY).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + text).digest()
    expected = hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()
    assert signed.sql("select signature from ml.version_signatures") == [(expected,)]


@pytest.mark.parametrize(
    "change",
    [
        "artifact_sha256 = repeat('0', 64)",
        "label = 'is_big'",
        "feature_view = 'another_view'",
        "problem = 'binary'",
        "spec = '{}'",
        "signature = '[]'",
        "classes = '[1, 2]'",
        "known_by = known_by - interval 1 day",
        "version = 7",
    ],
)
def test_a_row_that_was_changed(signed, change):
    signed.sql(f"update ml.model_versions set {change}")
    number = 7 if "version = 7" in change else 1
    told = "it has no signature" if number == 7 else "its row was changed after the key of"
    with pytest.raises(ArtifactError, match=rf"size version {number}: {told}.*asof keys sign size {number}"):
        load_model("size", number, signed.open(DAY_80))


def test_damaged_trees_behind_their_right_hash_are_never_read(signed, monkeypatch):
    """Native code reads trees, and what it does with damaged ones is anything from an error to a crash."""
    read = []
    monkeypatch.setattr("asof.registry.model_version.load_artifact", lambda *arguments: read.append(arguments))
    rng, made = random.Random(14), trees()
    for _ in range(20):
        content = damaged(made, rng)
        signed.sql("update ml.model_versions set artifact = ?, artifact_sha256 = ?", [content, artifact_hash(content)])
        for way in (predict, lambda model, project: load_model(model, "champion", project)):
            with pytest.raises(ArtifactError, match="its row was changed"):
                way("size", signed.open(DAY_80))
    assert read == []


def test_a_version_of_later_is_not_signed(signed):
    """It is not there yet, by its number or among all."""
    with pytest.raises(
        RegistryError, match=r"no version 1 by 2024-03-11 .*\(version 1 is of what was known by 2024-03-21"
    ):
        sign_versions("size", (1,), signed.open(DAY_80 - timedelta(days=10)))
    with pytest.raises(
        RegistryError, match=r"model size has no version to sign by 2024-03-11 00:00 UTC \(version 1 is of"
    ):
        sign_versions("size", (), signed.open(DAY_80 - timedelta(days=10)))


def test_a_planted_signature_that_is_no_text_of_ours(signed):
    signed.sql("update ml.version_signatures set signature = 'é'")
    with pytest.raises(ArtifactError, match="its row was changed"):
        load_model("size", 1, signed.open(DAY_80))
    assert sign_versions("size", project=signed.open(DAY_80)) == [1]
    assert load_model("size", 1, signed.open(DAY_80)).version == 1


def test_a_recorded_spec_names_no_file_of_its_own(signed, tmp_path_factory, monkeypatch):
    """`asof train --reproduce` runs the estimator's file that the version's spec names."""
    evil = tmp_path_factory.mktemp("elsewhere") / "evil.py"
    evil.write_text("raise SystemExit('it ran')\n")
    for path in (str(evil), os.path.relpath(evil, signed.root)):
        signed.sql(
            "update ml.model_versions set spec = json_merge_patch(spec, ?)", [json.dumps({"estimator": f"{path}:make"})]
        )
        monkeypatch.setenv(VARIABLE, KEY)
        with pytest.raises(ArtifactError, match="its row was changed"):
            reproduce("size", 1, signed.open(DAY_80))
        monkeypatch.delenv(VARIABLE)
        with pytest.raises(AsofError, match=r"is outside of the project|has a spec of an asof with other rules"):
            reproduce("size", 1, signed.open(DAY_80))


def test_the_signature_of_another_key(signed, monkeypatch):
    monkeypatch.setenv(VARIABLE, OTHER)
    with pytest.raises(ArtifactError, match="it has no signature of the key"):
        load_model("size", 1, signed.open(DAY_80))
    signed.sql(
        "update ml.version_signatures set key_id = ?", [hashlib.sha256(b"asof key " + b"\xaa" * 32).hexdigest()[:16]]
    )
    with pytest.raises(ArtifactError, match="its row was changed"):
        load_model("size", 1, signed.open(DAY_80))


def test_a_project_that_loads_signed_versions_only(unsigned):
    assert load_model("size", 1, unsigned.open(DAY_80)).version == 1
    unsigned.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: toy\nvars: {asof_require_signatures: true}")
    with pytest.raises(ArtifactError, match="only signed versions .* ASOF_SIGNING_KEY is not set; .*asof keys new"):
        load_model("size", 1, unsigned.open(DAY_80))
    unsigned.edit("dbt_project/dbt_project.yml", "signatures: true", "signatures: perhaps")
    with pytest.raises(ProjectError, match="asof_require_signatures: expected true or false, got 'perhaps'"):
        unsigned.open(DAY_80)


@pytest.mark.parametrize("text", ["ab" * 31, "no hex" * 20])
def test_a_key_that_is_none(unsigned, monkeypatch, text):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ProjectError, match="64 or more hexadecimal digits; make a key with: asof keys new"):
        load_model("size", 1, unsigned.open(DAY_80))


def test_signing_what_is_not_there(signed, monkeypatch):
    with pytest.raises(RegistryError, match="model size has no version 9"):
        sign_versions("size", (9,), signed.open(DAY_80))
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ProjectError, match=r"export ASOF_SIGNING_KEY=\$\(asof keys new\)"):
        sign_versions("size", project=signed.open(DAY_80))


def test_keys_are_not_alike():
    assert len({new_key() for _ in range(100)}) == 100
    assert all(len(bytes.fromhex(new_key())) == 32 for _ in range(3))
