# Finds Chromium for the browser tests. Source it after common.sh.
# shellcheck shell=bash

# Prints the path of a Chromium, or fails. RILL_CHROMIUM overrides the search.
find_chromium() {
  local candidate
  for candidate in "${RILL_CHROMIUM:-}" chromium chromium-browser google-chrome \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    [ -n "$candidate" ] && command -v "$candidate" 2>/dev/null && return
  done
  return 1
}
