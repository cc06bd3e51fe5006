#!/usr/bin/env bash
# How long `cargo check` takes for a crate with 500 annotated functions of three attributes each: with the comparison with
# OpenTelemetry's conventions, and with `semconv = false`. Medians of 15 runs, by turns, without what is compiled before.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=${CARGO_TARGET_DIR:-$root/benches/target}/compile-time
functions=500
runs=15

# A crate whose functions' arguments begin with $2.
generate() {
  mkdir -p "$work/$1/src"
  cat >"$work/$1/Cargo.toml" <<END
[package]
name = "$1"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
spanwright = { path = "$root/runtime", default-features = false, features = ["telemetry"] }
END
  for ((i = 0; i < functions; i++)); do
    cat <<END
#[spanwright::instrument(${2}fields(http.route = "/orders/{id}", http.response.status_code = status, url.path = path.trim()))]
pub fn f$i(status: u16, path: &str) -> usize {
    path.len() + usize::from(status)
}
END
  done >"$work/$1/src/lib.rs"
}

check() {
  touch "$work/$1/src/lib.rs"
  CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$work/target" cargo check --quiet --manifest-path "$work/$1/Cargo.toml"
}

generate checked ''
generate unchecked 'semconv = false, '
for crate in checked unchecked; do
  cp "$root/Cargo.lock" "$work/$crate/Cargo.lock"
  check $crate
done
for ((run = 0; run < runs; run++)); do
  for crate in checked unchecked; do
    begin=${EPOCHREALTIME/./}
    check $crate
    echo $(((${EPOCHREALTIME/./} - begin) / 1000)) >>"$work/$crate.$$"
  done
done

echo '| 500 functions with three attributes | ms |'
echo '| --- | ---: |'
for crate in checked unchecked; do
  echo "| $crate | $(sort -n "$work/$crate.$$" | sed -n "$((runs / 2 + 1))p") |"
  rm "$work/$crate.$$"
done
library=$(ls -t "$work"/target/debug/deps/libspanwright_macros-*.so | head -1)
echo "| the macros' library, $(stat -c %s "$library") bytes; the table is $(stat -c %s "$root/macros/semconv/attributes.tsv") of them | |"
