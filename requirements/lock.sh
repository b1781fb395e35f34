#!/usr/bin/env bash
# Locks pyproject.toml to requirements/*.txt, with hashes and without index addresses. Pass --upgrade to move to newer releases.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
    --custom-compile-command requirements/lock.sh "$@"
}
compile pyproject.toml --output-file requirements/app.txt "$@"
compile --group pyproject.toml:ops --output-file requirements/ops.txt "$@"
# One environment holds everything for development, so dev.txt contains the two others at the same versions.
compile pyproject.toml --group ops --group dev --constraint requirements/app.txt --constraint requirements/ops.txt \
  --output-file requirements/dev.txt "$@"
# A virtual environment of its own on the machines that run a model.
compile --group pyproject.toml:model-server --output-file roles/model_server/files/requirements.txt "$@"
# What a machine installs first: the tool that installs the rest.
awk '/^[a-z]/{keep = /^uv==/} keep' requirements/ops.txt >roles/uv/files/requirements.txt
