#!/usr/bin/env bash
# Instructions of a call by callgrind, with the console closed and without it in the program: the same on a busy machine as on an idle one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
folder=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet --target-dir "$folder/absent"
cargo build --release --quiet --target-dir "$folder/console" --features console

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='spanwright_console_benches::count*' \
    "$folder/$1/release/spanwright-console-benches" count "$2" "$3" 2>&1 | sed -n 's/.*Collected : //p'
}

echo '| a call of | absent | closed |'
echo '| --- | ---: | ---: |'
for subject in span metrics both event; do
  row="| $subject |"
  for features in absent console; do
    # The difference leaves out the first calls.
    row+=" $((($(count "$features" "$subject" 30000) - $(count "$features" "$subject" 10000)) / 20000)) |"
  done
  echo "$row"
done
