#!/usr/bin/env bash
# Builds the front ends when their sources changed: web/mini (H5), web/admin, web/docs. Makes compressed copies beside
# the files, which the server sends to browsers that accept them.
set -euo pipefail
cd "$(dirname "$0")/.."

fingerprint() { # of the sources a build depends on
  find "$@" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

build() { # name, folder of the app, output folder, npm script
  local name=$1 app=$2 out=$3 script=$4 stamp new
  stamp="$app/dist/.stamp-$script"
  new=$(fingerprint "$app" web/packages scripts/web.sh web/compress.mjs)
  if [ -f "$stamp" ] && [ -f "$out/index.html" ] && [ "$(cat "$stamp")" = "$new" ]; then
    echo "==> $name: up to date"
    return
  fi
  echo "==> $name: installing packages"
  install_packages "$app"
  echo "==> $name: building"
  (cd "$app" && npm run --silent "$script")
  node web/compress.mjs "$out"
  mkdir -p "$(dirname "$stamp")"
  echo "$new" >"$stamp"
}

install_packages() {
  local lock
  lock=$(sha256sum "$1/package-lock.json" | cut -d' ' -f1)
  if [ "$(cat "$1/node_modules/.lock-installed" 2>/dev/null)" != "$lock" ]; then
    # Not `npm ci`: it refuses the lock file where a registry lacks the optional binaries of other platforms.
    (cd "$1" && npm install --no-save --no-audit --no-fund --loglevel=error)
    echo "$lock" >"$1/node_modules/.lock-installed"
  fi
}

if [ "${1:-}" = install ]; then # only the packages, for checks that do not need a build
  for app in web/mini web/admin web/packages web/docs e2e; do
    if [ -f "$app/package-lock.json" ]; then echo "==> $app: installing packages"; install_packages "$app"; fi
  done
  exit 0
fi

build storefront web/mini web/mini/dist/build/h5 build:h5
build "back office" web/admin web/admin/dist build
build "API documents" web/docs web/docs/dist build
