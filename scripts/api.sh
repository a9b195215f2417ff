#!/usr/bin/env bash
# Writes web/packages/api/schema.d.ts from the server's OpenAPI document.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
cargo build --quiet --bin hefang
"$target/debug/hefang" openapi >"$target/openapi.json"
cd web/admin && npx --no-install openapi-typescript "$target/openapi.json" --default-non-nullable=false -o ../packages/api/schema.d.ts
