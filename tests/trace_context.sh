#!/usr/bin/env bash
# Runs the W3C's conformance suite for Trace Context, level 2, against the example `trace-context`. The suite is taken from
# TRACE_CONTEXT_SUITE, a checkout of https://github.com/w3c/trace-context, or cloned. Python needs `aiohttp`: SPANWRIGHT_VENV, or `.venv`.
# It listens on port 7777 of loopback, which the suite has chosen.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
service=
cleanup() {
  if [[ $service ]]; then kill "$service" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap cleanup EXIT

suite=${TRACE_CONTEXT_SUITE:-}
if [[ ! $suite ]]; then
  git clone --quiet --depth 1 https://github.com/w3c/trace-context "$scratch/suite"
  suite=$scratch/suite
fi
# Not the file behind the link, which knows nothing of the environment.
python=$(realpath -s "${SPANWRIGHT_VENV:-.venv}/bin/python")
"$python" -c 'import aiohttp' || { echo "no aiohttp in $python: .ci/backends.sh installs it" >&2; exit 1; }

cargo build --quiet --package spanwright-examples --example trace-context
program=${CARGO_TARGET_DIR:-target}/debug/examples/trace-context
SPANWRIGHT_METRICS_ENABLED=false OTEL_TRACES_EXPORTER=none "$program" 0 >"$scratch/said" &
service=$!
for _ in {1..100}; do
  url=$(sed -n 's/^The service is at //p' "$scratch/said")
  if [[ $url ]]; then break; fi
  sleep 0.1
done
[[ $url ]] || { echo 'the service did not start' >&2; exit 1; }
cd "$suite/test"
for strict in 1 2; do
  SPEC_LEVEL=2 STRICT_LEVEL=$strict "$python" test.py "$url"
done
