#!/usr/bin/env bash
# Installs what the tests are judged by: Prometheus, promtool, Alertmanager, NATS, RabbitMQ, Redis, PostgreSQL and the load generator wrk
# from Debian; the strict
# OpenMetrics parser, the OTLP receiver, the collector `rotel`, the S3-compatible server moto and Grafana's model of dashboards
# from PyPI, in `.venv` (or SPANWRIGHT_VENV), with Perfetto's protos and duckdb; speedscope and `pprof-format` from npm, and a browser;
# and beside them the W3C's conformance suite for Trace Context, unless TRACE_CONTEXT_SUITE is a checkout of it.
# With `--oldest-rust`, also Debian's package of the oldest Rust that is supported. Needs root for Debian's packages; installs
# only what is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=${SPANWRIGHT_VENV:-.venv}
# Networks fail for a moment: three times is for long.
retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return
    echo "failed ($attempt of 3): $*" >&2
    sleep $((attempt * 5))
  done
  return 1
}

packages=()
command -v prometheus >/dev/null && command -v promtool >/dev/null || packages+=(prometheus)
command -v prometheus-alertmanager >/dev/null || packages+=(prometheus-alertmanager)
command -v wrk >/dev/null || packages+=(wrk)
command -v chromium >/dev/null || packages+=(chromium)
command -v npm >/dev/null || packages+=(nodejs npm)
command -v nats-server >/dev/null || packages+=(nats-server)
[[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || packages+=(rabbitmq-server)
command -v redis-server >/dev/null || packages+=(redis-server)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
command -v curl >/dev/null || packages+=(ca-certificates curl)
command -v ps >/dev/null || packages+=(procps)
command -v cc >/dev/null || packages+=(gcc libc6-dev)
# What the client of Kafka is built with.
command -v c++ >/dev/null || packages+=(g++)
command -v make >/dev/null || packages+=(make)
python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3 python3-venv)
if [[ ${1-} == --oldest-rust ]]; then
  msrv=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  if [[ $(/usr/bin/rustc --version 2>/dev/null) != "rustc $msrv."* ]]; then
    # Debian's newest may be newer: the version is stated. Where rustup's is on the PATH, it stays first.
    packages+=("rustc-web=$msrv.*" "libstd-rust-web-dev=$msrv.*")
  fi
fi
if ((${#packages[@]})); then
  export DEBIAN_FRONTEND=noninteractive
  retry apt-get update -qq
  # In this run level, Debian starts no service: the tests start their own, on ports of their own.
  RUNLEVEL=1 retry apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

if ! "$venv/bin/python" -c 'import prometheus_client, ddapm_test_agent, opentelemetry.proto, aiohttp' 2>/dev/null; then
  python3 -m venv "$venv"
  retry "$venv/bin/pip" install --quiet --disable-pip-version-check \
    'prometheus-client==0.26.*' 'ddapm-test-agent==1.69.*' 'opentelemetry-proto' 'grpcio' 'aiohttp'
fi
if ! "$venv/bin/python" -c 'import rotel' 2>/dev/null; then
  # All that there is of it are pre-releases.
  retry "$venv/bin/pip" install --quiet --disable-pip-version-check --pre 'rotel==0.0.1a15'
fi

# An S3-compatible server that checks keys.
if ! "$venv/bin/python" -c 'import boto3, moto.server' 2>/dev/null; then
  retry "$venv/bin/pip" install --quiet --disable-pip-version-check 'moto[s3]==5.2.*' flask flask-cors
fi

# Grafana's own model of dashboards, as of Grafana 11.6: the version of the package has the time of its making before it.
if ! "$venv/bin/python" -c 'import grafana_foundation_sdk, yaml, jsonschema' 2>/dev/null; then
  retry "$venv/bin/pip" install --quiet --disable-pip-version-check 'grafana-foundation-sdk==1769699379!11.6.0' 'pyyaml==6.0.*' \
    'jsonschema==4.*'
fi
# Its schemas, at a commit. Without them the tests say that dashboards are not validated.
schemas_commit=f178d5a42a8915fdda9235e97ad93881e3f94fef
for schema in dashboard gauge heatmap prometheus stat table timeseries; do
  file=$venv/grafana-schemas/$schema.jsonschema.json
  url=https://raw.githubusercontent.com/grafana/grafana-foundation-sdk/$schemas_commit/jsonschema/$schema.jsonschema.json
  [[ -f $file ]] || retry curl --silent --show-error --fail --create-dirs --output "$file" "$url" || break
done

# What reads traces, profiles and tables that are made of recordings.
if ! "$venv/bin/python" -c 'import perfetto, duckdb' 2>/dev/null; then
  retry "$venv/bin/pip" install --quiet --disable-pip-version-check 'perfetto==0.59.*' 'duckdb==2.0.*'
fi
if [[ ! -d $venv/node/node_modules/pprof-format ]]; then
  retry npm install --silent --no-audit --no-fund --prefix "$venv/node" 'speedscope@1.25' 'playwright-core@~1.60' 'pprof-format@2'
fi

# At a commit: what the suite asks for has changed before.
suite_commit=acab820be9db7b3433668baa5cdd43f57f4c4be0
suite=${TRACE_CONTEXT_SUITE:-$venv/trace-context}
if [[ ! -f $suite/test/test.py ]]; then
  rm -rf "$venv/trace-context"
  git init --quiet "$venv/trace-context"
  # Without it, `tests/trace_context.sh` says what is missing.
  if retry git -C "$venv/trace-context" fetch --quiet --depth 1 https://github.com/w3c/trace-context "$suite_commit"; then
    git -C "$venv/trace-context" checkout --quiet FETCH_HEAD
  fi
fi

prometheus --version 2>&1 | head -1
"$venv/bin/pip" list --disable-pip-version-check 2>/dev/null | grep -E '^(prometheus|ddapm|opentelemetry|rotel|grafana|PyYAML)'
