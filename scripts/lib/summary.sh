# Counts what the test runners of a `make test` reported, and prints it at the end. Source it after common.sh.
# shellcheck shell=bash

SECTION_LINES=()
RUNNER_LINES=()
TESTS_PASSED=0 TESTS_FAILED=0 TESTS_SKIPPED=0
SECTIONS_FAILED=0

# remember_section NAME STATUS SECONDS LOG
remember_section() {
  local name="$1" status="$2" seconds="$3" log="$4" failed_before=$TESTS_FAILED
  count_runner_lines "$log"
  if [ "$status" -eq 0 ]; then
    SECTION_LINES+=("${GREEN}ok    ${PLAIN} $name (${seconds} s)")
    # A check without a runner of its own counts as one.
    if [ "$LAST_RUNNERS" -eq 0 ]; then TESTS_PASSED=$((TESTS_PASSED + 1)); fi
  else
    SECTION_LINES+=("${RED}FAILED${PLAIN} $name (${seconds} s), see $log")
    SECTIONS_FAILED=$((SECTIONS_FAILED + 1))
    if [ "$TESTS_FAILED" -eq "$failed_before" ]; then TESTS_FAILED=$((TESTS_FAILED + 1)); fi
  fi
}

# Adds up the closing lines of Node's runner, Swift Testing and pytest in one log.
count_runner_lines() {
  local log="$1" line plain
  LAST_RUNNERS=0
  plain="$(sed $'s/\033\\[[0-9;]*[A-Za-z]//g' "$log")"
  while IFS= read -r line; do
    LAST_RUNNERS=$((LAST_RUNNERS + 1))
    RUNNER_LINES+=("$line")
    case "$line" in
      *"Test run with "*) count_swift "$line" "$plain" ;;
      *) count_words "$line" ;;
    esac
  done < <(
    grep -aE '^(.{1,4} )?Test run with [0-9]+ test' <<<"$plain" || true
    grep -aE '^=* ?[0-9]+ (passed|failed|error|skipped).* in [0-9.]+s' <<<"$plain" || true
    sed -nE 's/^[#ℹ] (pass|fail|skipped) ([0-9]+)$/\1 \2/p' <<<"$plain" | awk '
      { sum[$1] += $2; seen = 1 }
      END { if (seen) printf "%d passed, %d failed, %d skipped (node --test)\n", sum["pass"], sum["fail"], sum["skipped"] }'
    grep -aE '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' <<<"$plain" || true
  )
}

# "12 passed, 1 failed, 2 skipped": pytest's, Node's and our own scripts' words.
count_words() {
  local word number
  for word in passed failed error skipped; do
    number="$(sed -nE "s/.*(^|[^0-9])([0-9]+) ${word}.*/\2/p" <<<"$1")"
    case "$word" in
      passed) TESTS_PASSED=$((TESTS_PASSED + ${number:-0})) ;;
      skipped) TESTS_SKIPPED=$((TESTS_SKIPPED + ${number:-0})) ;;
      *) TESTS_FAILED=$((TESTS_FAILED + ${number:-0})) ;;
    esac
  done
}

# Swift Testing's closing line counts tests and issues, not failed tests: those have a line each.
count_swift() {
  local total failed skipped
  total="$(sed -nE 's/.*Test run with ([0-9]+) tests?.*/\1/p' <<<"$1")"
  failed="$(grep -aE '^.{1,4} Test .* failed after ' <<<"$2" | grep -avc ' Test run with ' || true)"
  skipped="$(grep -acE '^.{1,4} Test .* skipped' <<<"$2" || true)"
  TESTS_FAILED=$((TESTS_FAILED + failed))
  TESTS_SKIPPED=$((TESTS_SKIPPED + skipped))
  TESTS_PASSED=$((TESTS_PASSED + total - failed - skipped))
}

# Prints every section, the runners' own closing lines and the sum. Fails when a section failed.
print_summary() {
  printf '\n%s\n' "${BOLD}=== summary ===${PLAIN}"
  printf '%s\n' "${SECTION_LINES[@]}"
  if [ ${#RUNNER_LINES[@]} -gt 0 ]; then printf '%s\n' "${RUNNER_LINES[@]}"; fi
  printf '%d passed, %d failed, %d skipped\n' "$TESTS_PASSED" "$TESTS_FAILED" "$TESTS_SKIPPED"
  [ "$SECTIONS_FAILED" -eq 0 ]
}
