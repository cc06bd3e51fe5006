#!/usr/bin/env bash
# Requests a second of the example shop, by wrk: without the console, with it closed, and with it open, in turns.
#   throughput.sh path/to/shop [rounds] [seconds]
set -euo pipefail
shop=$1 rounds=${2:-5} seconds=${3:-5}
scratch=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$scratch"' EXIT

# One round: what is set, and whether somebody looks.
round() {
  local log=$scratch/shop.log looking=
  env RUST_LOG=off SPANWRIGHT_METRICS_PORT=0 SPANWRIGHT_CONSOLE_ENABLED="$1" "$shop" --listen 127.0.0.1:0 >"$log" &
  local pid=$!
  pids=("$pid")
  until grep -q 'Ctrl-C' "$log"; do sleep 0.1; done
  local url admin
  url=$(sed -n 's/^The shop serves on //p' "$log")
  admin=$(sed -n 's|^ *\(http://[^ ]*\)/metrics.*|\1|p' "$log")
  curl -s -o /dev/null -d '{"item":"cup","quantity":1,"card":"4242424242424242"}' -H 'content-type: application/json' "$url/orders"
  if [[ $2 == open ]]; then
    curl -sN -o /dev/null "$admin/console/stream" &
    looking=$!
    pids+=("$looking")
    sleep 2
  fi
  wrk -t1 -c16 -d"${seconds}s" "$url/orders/1" | sed -n 's/^Requests.sec: *//p'
  [[ -z $looking ]] || kill "$looking"
  kill "$pid"
  wait "$pid" 2>/dev/null || true
  pids=()
}

for _ in $(seq "$rounds"); do
  round false closed >>"$scratch/absent"
  round true closed >>"$scratch/closed"
  round true open >>"$scratch/open"
done
for which in absent closed open; do
  echo "$which: $(sort -n "$scratch/$which" | sed -n "$((rounds / 2 + 1))p") requests a second, the median of: $(tr '\n' ' ' <"$scratch/$which")"
done
