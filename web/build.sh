#!/bin/sh
# build.sh OUT: packages of the lock file, types checked, files bundled, and OUT/dashboard_files.cpp made of them.
set -eu
out=$1
cd "$(dirname "$0")"
mkdir -p "$out"
exec 9>.lock
flock 9 # two build folders share node_modules
if ! cmp -s package-lock.json node_modules/.installed; then
  # Nothing that a package would run by itself is needed.
  npm ci --ignore-scripts --no-progress </dev/null >&2
  cp package-lock.json node_modules/.installed
fi
node_modules/.bin/tsc --noEmit
node_modules/.bin/vite build --outDir "$out/dist" --emptyOutDir --logLevel warn
node pack.mjs "$out/dist" "$out/dashboard_files.cpp"
