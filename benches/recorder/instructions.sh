#!/usr/bin/env bash
# Instructions of a poll on the worker that polls, the runtime's included, by callgrind: the same on a busy machine as on an idle one.
# `RUSTFLAGS="--cfg tokio_unstable" ./instructions.sh` counts with all tasks' hooks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
cargo build --release --quiet
program=${CARGO_TARGET_DIR:-target}/release/spanwright-recorder-benches
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Where memory is set by `rep stosb`, each byte counts as an instruction: of what takes chunks of the ring, that hides the rest.
export GLIBC_TUNABLES=glibc.cpu.x86_rep_stosb_threshold=10000000

# The contender, the load's number, and how many of it.
count() {
  printf 'run %s %s\n' "$2" "$3" |
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*run_task*' "$program" --child "$1" 1 "$scratch" 2>&1 |
    sed -n 's/.*Collected : //p'
}

echo '| | of a poll that does nothing | of a channel'\''s round trip |'
echo '| --- | ---: | ---: |'
for contender in plain 'spanwright, off' 'spanwright, rotating, without wakes' 'spanwright, NullWriter' 'dial9, disk, without wakes' 'dial9, memory'; do
  row="| $contender |"
  for load in 0 3; do
    less=$(count "$contender" "$load" 10000)
    # Some contenders are there in one mode only.
    if ((less == 0)); then continue 2; fi
    # The difference leaves out the start of the program and the first polls.
    row+=" $((($(count "$contender" "$load" 30000) - less) / 20000)) |"
  done
  echo "$row"
done
