"""The JSON Schema of the model spec, by which editors complete and check it: `make schema` writes it beside this file."""

import json
from pathlib import Path

from asof.model_spec.spec import ModelSpec

SCHEMA_FILE = Path(__file__).with_name("model_spec.schema.json")


def schema_text() -> str:
    """The content of the schema file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ModelSpec.model_json_schema()}
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text())
