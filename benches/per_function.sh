#!/usr/bin/env bash
# What one annotation costs the compiler and the program, beside the peers: CPU time of `cargo check`, and bytes of machine
# code and data in release. Each is the difference between a crate of which every function is annotated and one of which
# only the first is, so that what an annotation needs once is in neither. Takes some ten minutes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=${CARGO_TARGET_DIR:-$root/benches/target}/per-function
functions=${FUNCTIONS:-300}
runs=${RUNS:-7}

# Name, dependencies and attribute of each contender. The functions have two parameters and return a `Result`.
contenders=(spanwright spanwright-fields spanwright-all tracing fastrace autometrics hotpath)
declare -A dependency=(
  [spanwright]="spanwright = { path = \"$root/runtime\", default-features = false, features = [\"telemetry\"] }"
  [tracing]='tracing = "0.1.44"'
  [fastrace]='fastrace = { version = "0.7.19", features = ["enable"] }'
  [autometrics]='autometrics = { version = "3.0.0", features = ["prometheus-0_14"] }'
  [hotpath]='hotpath = { version = "0.30.3", features = ["hotpath"] }'
)
declare -A attribute=(
  [spanwright]='#[spanwright::instrument]'
  [spanwright-fields]='#[spanwright::instrument(record(id, name), err)]'
  [spanwright-all]='#[spanwright::instrument(record(id, name), err, metrics)]'
  [tracing]='#[tracing::instrument(err)]'
  [fastrace]='#[fastrace::trace(properties = { "id": "{id}", "name": "{name}" })]'
  [autometrics]='#[autometrics::autometrics]'
  [hotpath]='#[hotpath::measure]'
)

# A crate of functions of shape $2 (`sync`, `async`), of which the first $3 are annotated as $1 does it.
generate() {
  local crate=$work/$1-$2-$3 asynchronous='' wait=''
  [[ $2 == sync ]] || { asynchronous='async ' wait='std::future::ready(()).await;'; }
  mkdir -p "$crate/src"
  cat >"$crate/Cargo.toml" <<END
[package]
name = "$1-$2-$3"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
${dependency[${1%%-*}]}

[profile.release]
codegen-units = 1
END
  for ((i = 0; i < functions; i++)); do
    ((i >= $3)) || echo "${attribute[$1]}"
    cat <<END
pub ${asynchronous}fn f$i(id: u64, name: &str) -> Result<usize, std::num::ParseIntError> {
    $wait
    let n: usize = name.parse()?;
    Ok(n + id as usize)
}
END
    # Only what is polled has machine code.
    [[ $2 == sync ]] || cat <<END
pub fn p$i(id: u64) -> std::pin::Pin<Box<dyn Future<Output = Result<usize, std::num::ParseIntError>>>> {
    Box::pin(f$i(id, "7"))
}
END
  done >"$crate/src/lib.rs"
  # The peers at the versions of the other benchmarks; what those do not have is added.
  [[ -e $crate/Cargo.lock ]] || cp "$root/benches/Cargo.lock" "$crate/Cargo.lock"
}

# Runs cargo's command $2 on crate $1.
quietly() {
  local crate=$work/$1 command=$2
  shift 2
  CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$work/target" \
    cargo "$command" --quiet --manifest-path "$crate/Cargo.toml" "$@" 2>"$work/errors" || { cat "$work/errors" >&2; exit 1; }
}

# Milliseconds of CPU that a check takes, of cargo and the compiler.
check() {
  local TIMEFORMAT='%U %S'
  touch "$work/$1/src/lib.rs"
  { time quietly "$1" check; } 2>&1 | awk '{ print 1000 * ($1 + $2) }'
}

# Bytes of machine code and of data in a crate's own object file.
bytes() {
  rm -f "$work"/target/release/deps/"${1//-/_}"-*.o
  quietly "$1" rustc --release --lib -- --emit=obj
  size -A "$work"/target/release/deps/"${1//-/_}"-*.o | awk '
    /^\.text/ { code += $2 }
    /^\.(data|rodata|bss|gcc_except_table|eh_frame|linkme|linkm2)/ { data += $2 }
    END { print code, data }'
}

for contender in "${contenders[@]}"; do
  for shape in sync async; do
    for annotated in 1 "$functions"; do
      generate "$contender" $shape "$annotated"
      check "$contender-$shape-$annotated" >/dev/null
      rm -f "$work/$contender-$shape-$annotated.ms"
    done
  done
done
for ((run = 0; run < runs; run++)); do
  for contender in "${contenders[@]}"; do
    for shape in sync async; do
      for annotated in 1 "$functions"; do
        check "$contender-$shape-$annotated" >>"$work/$contender-$shape-$annotated.ms"
      done
    done
  done
done

median() {
  sort -n "$work/$1.ms" | sed -n "$((runs / 2 + 1))p"
}

echo '| | `cargo check`, ms | async, ms | machine code, bytes | async, bytes | data, bytes | async, bytes |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: |'
for contender in "${contenders[@]}"; do
  times='' code='' data=''
  for shape in sync async; do
    name=$contender-$shape
    each() { awk -v all="$1" -v one="$2" -v n="$functions" -v format="$3" 'BEGIN { printf format, (all - one) / (n - 1) }'; }
    times+=" $(each "$(median "$name-$functions")" "$(median "$name-1")" %.2f) |"
    read -r code_of_all data_of_all <<<"$(bytes "$name-$functions")"
    read -r code_of_one data_of_one <<<"$(bytes "$name-1")"
    code+=" $(each "$code_of_all" "$code_of_one" %.0f) |"
    data+=" $(each "$data_of_all" "$data_of_one" %.0f) |"
  done
  echo "| ${attribute[$contender]} |$times$code$data"
done
