#!/usr/bin/env bash
# Measures the release build and prints the table that bench/RESULTS.md keeps; `import`, `nearby`, `sale` or `scale` for that part.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
# Named by binary, as `make build` does: naming a package would compile everything again with other features.
cargo build --release --quiet --bin bench
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | sed 's/^ //'), $(nproc) cores, $(date -u +%F)"
"$target/release/bench" "$target/release/hefang" "$@"
