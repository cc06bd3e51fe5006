#!/usr/bin/env bash
# What a recorder costs a server, over TCP, with and without it:
#
#   scripts/compare_overhead.sh [duration_secs]
#
# Each mode is measured for that long in all, 20 seconds unless it is said. Fails above 10 % of the throughput, 35 bytes of the
# recording a request, or 12 bytes an event. With RUSTFLAGS="--cfg tokio_unstable" in the environment all that Tokio tells is recorded.
set -euo pipefail
seconds=${1:-20}
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: scripts/compare_overhead.sh [duration_secs]" >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec cargo bench --quiet --package spanwright-recorder-tests --bench overhead_bench -- --seconds "$seconds" --validate
