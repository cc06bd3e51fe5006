#!/usr/bin/env bash
# System calls of the worker's thread while it polls a million times, and parks 20,000 times, by strace: what a recorder adds to them.
# `RUSTFLAGS="--cfg tokio_unstable" ./system_calls.sh` counts with all tasks' hooks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
cargo build --release --quiet
program=${CARGO_TARGET_DIR:-target}/release/spanwright-recorder-benches
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The contender, the load's number, and how many of it: the calls of the worker, which has its name from Tokio.
count() {
  rm -rf "$scratch/trace"*
  printf 'run %s %s\n' "$2" "$3" | strace -ff -o "$scratch/trace" "$program" --child "$1" 1 "$scratch/recording" >/dev/null
  grep -l 'PR_SET_NAME, "tokio-' "$scratch"/trace.* | xargs cat | wc -l
}

echo '| | a million polls | 10,000 round trips over TCP |'
echo '| --- | ---: | ---: |'
for contender in plain 'spanwright, off' 'spanwright, NullWriter' 'spanwright, rotating' 'dial9, memory' 'dial9, disk'; do
  echo "| $contender | $(count "$contender" 0 1000000) | $(count "$contender" 4 10000) |"
done
