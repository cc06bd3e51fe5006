#!/usr/bin/env bash
# Instructions per call of each subject, by callgrind: the same on a busy machine as on an idle one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
cargo build --release --quiet --bin instructions
program=${CARGO_TARGET_DIR:-target}/release/instructions

# Where memory is set by `rep stosb`, each byte counts as an instruction: of what takes chunks of the ring, that hides the rest.
export GLIBC_TUNABLES=glibc.cpu.x86_rep_stosb_threshold=10000000

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='instructions::main' "$program" "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p'
}

echo '| | instructions a call |'
echo '| --- | ---: |'
for subject in plain filtered filtered-tracing plain-async filtered-async filtered-async-tracing \
  'unsampled span' 'recorded bare' 'recorded child' 'exported bare' 'exported child' 'exported span' 'exported both' \
  counter spanwright/counter spanwright/counter-shared histogram spanwright/histogram spanwright/histogram-shared \
  text spanwright/text metrics reported metrics-autometrics; do
  # The difference leaves out the start of the program and the first calls.
  echo "| $subject | $((($(count "$subject" 30000) - $(count "$subject" 10000)) / 20000)) |"
done
