#!/usr/bin/env bash
# Builds the front ends when their sources changed: web/mini (H5), web/admin, web/docs. Makes compressed copies beside
# the files, which the server sends to browsers that accept them.
#   scripts/web.sh            the three front ends that the server serves
#   scripts/web.sh mini       the storefront for browsers, WeChat, Alipay and Baidu, and the checks of what came out
#   scripts/web.sh install    only the packages
set -euo pipefail
cd "$(dirname "$0")/.."

fingerprint() { # of the sources a build depends on
  find "$@" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

build() { # name, folder of the app, output folder, npm script, a file that the output must have
  local name=$1 app=$2 out=$3 script=$4 sign=${5:-index.html} stamp new
  stamp="$app/dist/.stamp-$script"
  new=$(fingerprint "$app" web/packages scripts/web.sh web/compress.mjs)
  if [ -f "$stamp" ] && [ -f "$out/$sign" ] && [ "$(cat "$stamp")" = "$new" ]; then
    echo "==> $name: up to date"
    return
  fi
  echo "==> $name: installing packages"
  install_packages "$app"
  echo "==> $name: building"
  (cd "$app" && npm run --silent "$script")
  if [ "$sign" = index.html ]; then node web/compress.mjs "$out"; fi
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

if [ "${1:-}" = mini ]; then
  build storefront web/mini web/mini/dist/build/h5 build:h5
  for vendor in weixin alipay baidu; do
    build "storefront for $vendor" web/mini "web/mini/dist/build/mp-$vendor" "build:mp-$vendor" app.json
  done
  cd web/mini && exec npm run --silent check:output
fi

build storefront web/mini web/mini/dist/build/h5 build:h5
build "back office" web/admin web/admin/dist build
build "API documents" web/docs web/docs/dist build
