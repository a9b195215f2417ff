#!/bin/sh
# Runs outside SDKs against the local stand-ins. Keeps its Python packages in the user's cache; further arguments go to pytest.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv="${XDG_CACHE_HOME:-$HOME/.cache}/hefang-venv"
wanted=$(sha256sum "$here/requirements.txt" | cut -d' ' -f1)

if [ "$(cat "$venv/requirements.sha256" 2>/dev/null || true)" != "$wanted" ]; then
    echo "installing Python packages into $venv"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    echo "$wanted" > "$venv/requirements.sha256"
fi

cargo build --quiet --manifest-path "$root/Cargo.toml" -p sandbox --example standalone
target="${CARGO_TARGET_DIR:-$root/target}"
HEFANG_STANDALONE="$target/debug/examples/standalone" exec "$venv/bin/python" -m pytest -q -p no:cacheprovider "$here" "$@"
