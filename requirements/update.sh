#!/usr/bin/env bash
# Writes the two lock files anew from pyproject.toml: hashes, no addresses. Needs `uv` on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-strip-extras --no-annotate --no-header --constraint requirements/constraints.txt "$@"
}
lock pyproject.toml --extra flights --extra xgboost --extra tune --extra report --group build --group dev --output-file requirements/lock.txt
lock --group build --constraint requirements/lock.txt --output-file requirements/build.txt
