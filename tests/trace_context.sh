#!/usr/bin/env bash
# Runs the W3C's conformance suite for Trace Context, level 2, against the example `trace-context`. The suite is TRACE_CONTEXT_SUITE, a
# checkout of https://github.com/w3c/trace-context, or what `.ci/backends.sh` has put beside Python's packages, SPANWRIGHT_VENV or
# `.venv`. Where it or Python's `aiohttp` is absent, it says so and is skipped; with SPANWRIGHT_REQUIRE_BACKENDS=1 only where the suite
# is, which no package index has. It listens on port 7777 of loopback, which the suite has chosen.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
service=
cleanup() {
  if [[ $service ]]; then kill "$service" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap cleanup EXIT

absent() {
  if [[ ${SPANWRIGHT_REQUIRE_BACKENDS-} == 1 ]]; then
    echo "$1" >&2
    exit 1
  fi
  echo "skipped: $1"
  exit 0
}

venv=${SPANWRIGHT_VENV:-.venv}
suite=${TRACE_CONTEXT_SUITE:-$venv/trace-context}
if [[ ! -f $suite/test/test.py ]]; then
  echo "skipped: no conformance suite in $suite: .ci/backends.sh fetches it from github.com/w3c/trace-context, or TRACE_CONTEXT_SUITE names it"
  exit 0
fi
"$venv/bin/python" -c 'import aiohttp' 2>/dev/null || absent "no Python with aiohttp in $venv: .ci/backends.sh installs it"
# Not the file behind the link, which knows nothing of the environment.
python=$(realpath -s "$venv/bin/python")

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
