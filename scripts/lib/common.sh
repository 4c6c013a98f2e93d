# Shared by the scripts: messages, and the project's root as the working directory. Source it, do not run it.
# shellcheck shell=bash

RILL_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$RILL_ROOT" || exit 1

# Python tools of the project live here, so that nothing is installed into the system's Python.
# shellcheck disable=SC2034  # used by the scripts that source this file
RILL_VENV="$RILL_ROOT/.tools/venv"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\033[1m' DIM=$'\033[2m' RED=$'\033[31m' GREEN=$'\033[32m' PLAIN=$'\033[0m'
else
  BOLD='' DIM='' RED='' GREEN='' PLAIN=''
fi

say() { printf '%s\n' "${BOLD}$*${PLAIN}"; }
note() { printf '%s\n' "${DIM}  $*${PLAIN}"; }
good() { printf '%s\n' "${GREEN}$*${PLAIN}"; }
fail() {
  printf '%s\n' "${RED}$1${PLAIN}" >&2
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@" >&2; fi
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
