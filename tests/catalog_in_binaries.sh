#!/usr/bin/env bash
# Whether a binary describes itself however it is linked. Builds the shop with each way that may lose what nothing refers to, and
# compares what `spanwright catalog` reads in it with what the debug build says. By hand, since it builds everything twice:
#
#   bash tests/catalog_in_binaries.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$target
shop=(-p spanwright-examples --example shop)
cargo build --quiet -p spanwright-cli
cargo build --quiet "${shop[@]}"
spanwright=$target/debug/spanwright
expected=$("$spanwright" catalog "$target/debug/examples/shop")
failed=0

# Compares: what it is called, and the file.
compare() {
  local found size
  size=$(stat -c %s "$2")
  if found=$("$spanwright" catalog "$2" 2>&1) && [[ $found == "$expected" ]]; then
    printf '%-40s %9d bytes  the same\n' "$1" "$size"
  else
    printf '%-40s %9d bytes  ANOTHER: %s\n' "$1" "$size" "$(head -c 200 <<<"$found")"
    failed=1
  fi
}

# Builds in release: what it is called, and arguments of rustc for the program alone.
release() {
  local name=$1
  shift
  cargo rustc --quiet --release "${shop[@]}" -- "$@"
  compare "$name" "$target/release/examples/shop"
}

# With debug information taken out of a copy.
stripped() {
  cp "$1" "$target/stripped-shop"
  strip --strip-all "$target/stripped-shop"
  compare "$2" "$target/stripped-shop"
  rm "$target/stripped-shop"
}

compare 'debug' "$target/debug/examples/shop"
stripped "$target/debug/examples/shop" 'debug, strip --strip-all'
release 'release'
release 'strip' -C strip=symbols
release 'sections of their own, collected' -C link-arg=-Wl,--gc-sections -C link-arg=-Wl,-O2 -C strip=symbols
release 'position dependent, one unit' -C relocation-model=static -C codegen-units=1 -C strip=symbols
if command -v ld.lld >/dev/null; then
  release 'lld' -C link-arg=-fuse-ld=lld -C strip=symbols
  release 'lld, sections collected, folded' -C link-arg=-fuse-ld=lld -C link-arg=-Wl,--gc-sections \
    -C link-arg=-Wl,--icf=all -C strip=symbols
else
  echo 'skipped: lld is not installed'
fi
for lto in thin fat; do
  CARGO_PROFILE_RELEASE_LTO=$lto CARGO_PROFILE_RELEASE_STRIP=true cargo build --quiet --release "${shop[@]}"
  compare "$lto LTO, strip" "$target/release/examples/shop"
done
exit "$failed"
