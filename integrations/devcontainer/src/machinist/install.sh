#!/bin/sh
# Called as root when the image is built, with the feature's options as variables. Called again, it changes nothing.
set -eu

VERSION="${VERSION:-latest}"
DRIVERS="${DRIVERS:-generic}"

if ! command -v npm > /dev/null 2>&1; then
  echo "machinist needs Node.js 20 or later with npm: add the feature ghcr.io/devcontainers/features/node" >&2
  exit 1
fi

set -- "@machinist/cli@${VERSION}"
for driver in $(printf '%s' "$DRIVERS" | tr ',' ' '); do
  case "$driver" in
    *[!a-z0-9_-]*)
      echo "There can be no driver called '$driver'" >&2
      exit 1
      ;;
  esac
  set -- "$@" "@machinist/driver-${driver}"
done
npm install --global --no-audit --no-fund "$@"

# The volume is root's until somebody makes it another's: the container's user keeps machines in it.
mkdir -p /machines
chmod 0700 /machines
if [ -n "${_REMOTE_USER:-}" ] && [ "$_REMOTE_USER" != root ]; then chown "$_REMOTE_USER" /machines; fi
