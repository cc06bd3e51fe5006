#!/usr/bin/env bash
# What the metrics and the spans of the example `eventflux` cost: the share of the instructions that are spent in Spanwright, by
# callgrind, the same on a busy machine as on an idle one. Instructions are told apart by the source files that they come from, so
# that what was inlined is counted too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
events=${EVENTS:-200000}
export CARGO_PROFILE_BENCH_DEBUG=line-tables-only
program=$(cargo bench --quiet --package eventflux-core --bench cost --no-run --message-format=json |
  sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -1)
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# The instructions of a run, by source file. A line of costs belongs to the file that was named last, and the line behind `calls=` to
# nobody, since it is what the callee took.
by_file() {
  EVENTFLUX_TRACING_ENABLED=$1 valgrind --tool=callgrind --callgrind-out-file="$folder/out" "$program" "$2" > "$folder/said" 2>&1
  awk '
    /^(fl|fi|fe|cfi|cfl)=/ {
      id = $1; sub(/^[a-z]+=/, "", id)
      if ($2 != "") { name = $0; sub(/^[^ ]* /, "", name); names[id] = name }
      if ($1 !~ /^c/) file = names[id]
      next
    }
    /^calls=/ { skip = 1; next }
    /^[0-9+*-]/ { if (skip) skip = 0; else cost[file] += $2 }
    END { for (file in cost) printf "%.0f %s\n", cost[file], file }
  ' "$folder/out"
}

# How many instructions an event takes, all and those of Spanwright's files. The difference of two runs leaves out start and end.
an_event() {
  { by_file "$1" "$events" | sed 's/^/less /'; by_file "$1" $((2 * events)) | sed 's/^/more /'; } |
    awk -v events="$events" -v runtime="$PWD/runtime/src/" -v core="$PWD/core/src/" '
      { sign = $1 == "more" ? 1 : -1; all += sign * $2 }
      index($3, runtime) == 1 || index($3, core) == 1 { own += sign * $2 }
      END { printf "%.1f %.1f\n", all / events, own / events }'
}

# Which share of an event's instructions is spent on metrics.
metrics_share() {
  read -r all own < <(an_event false)
  awk -v all="$all" -v own="$own" 'BEGIN { printf "| metrics | %.0f | %.1f | %.2f |\n", all, own, 100 * own / all }'
}

# The same with spans, of which a batch of a hundred events has about ten, and with all that is done for them in the background.
span_instructions() {
  read -r all own < <(an_event true)
  awk -v all="$all" -v own="$own" 'BEGIN { printf "| metrics and spans | %.0f | %.1f | %.2f |\n", all, own, 100 * own / all }'
}

echo '| | instructions an event | in Spanwright | share, % |'
echo '| --- | ---: | ---: | ---: |'
metrics_share
span_instructions
for traced in false true; do
  echo "traced: $traced, $(EVENTFLUX_TRACING_ENABLED=$traced "$program" $((20 * events)))"
done
