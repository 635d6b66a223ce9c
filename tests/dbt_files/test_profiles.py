"""Profiles as dbt itself renders them: the same file, read by its renderer and by ours."""

import os

import pytest
import yaml
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

from asof.dbt_files.profiles import read_target

FORMS = {
    "plain": "some text",
    "number": 5432,
    "flag": True,
    "nothing": None,
    "from_environment": "{{ env_var('SOME_PATH') }}",
    "with_a_default": "{{ env_var('NOT_SET', 'fallback') }}",
    "in_the_middle": "prefix-{{ env_var('SOME_PATH') }}-suffix",
    "as_number": "{{ env_var('SOME_PORT') | as_number }}",
    "as_bool": "{{ env_var('SOME_FLAG') | as_bool }}",
    "as_text": "{{ env_var('SOME_PORT') | as_text }}",
    "computed": "{{ env_var('SOME_PATH') ~ '/more' }}",
    "chosen": "{{ 'yes' if env_var('SOME_FLAG') == 'True' else 'no' }}",
    "braces": "not { jinja }",
    "nested": {"deep": ["{{ env_var('SOME_PATH') }}", 3, {"deeper": "{{ env_var('SOME_PORT') | as_number }}"}]},
}


@pytest.fixture
def somewhere(tmp_path, monkeypatch):
    for name, value in {"SOME_PATH": "/data/x", "SOME_PORT": "5433", "SOME_FLAG": "True"}.items():
        monkeypatch.setenv(name, value)
    outputs = {"dev": {"type": "duckdb", "path": "x.duckdb", **FORMS}}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump({"some": {"target": "dev", "outputs": outputs}}))
    return tmp_path


@pytest.mark.parametrize("form", FORMS)
def test_a_value_is_what_dbt_makes_of_it(somewhere, form):
    set_invocation_context(os.environ)
    raw = yaml.safe_load((somewhere / "profiles.yml").read_text())["some"]["outputs"]["dev"]
    expected = ProfileRenderer({}).render_data(raw)[form]
    found = read_target(somewhere, "some").settings[form]
    assert (found, type(found)) == (expected, type(expected))
