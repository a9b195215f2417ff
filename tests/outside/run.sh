#!/bin/sh
# Runs outside SDKs against the local stand-ins. Keeps its Python packages in the user's cache; further arguments go to pytest.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv="${TEST_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/hefang-venv}"

if [ ! -x "$venv/bin/python" ] || ! cmp -s "$here/requirements.txt" "$venv/.installed"; then
    echo "installing Python packages into $venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/.installed"
fi

cargo build --quiet --manifest-path "$root/Cargo.toml" -p sandbox --example standalone
cargo build --quiet --manifest-path "$root/Cargo.toml" --bin hefang
target="${CARGO_TARGET_DIR:-$root/target}"
HEFANG="$target/debug/hefang" STANDALONE="$target/debug/examples/standalone" exec "$venv/bin/python" -m pytest -q -p no:cacheprovider "$here" "$@"
