// The part of semantic versioning (https://semver.org) that package.json uses here: exact versions, ^ and ~.

/** @returns {[number, number, number] | null} major, minor, patch; null when it is not a plain version */
export function parseVersion(text) {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : null;
}

function compare(a, b) {
  for (let index = 0; index < 3; index += 1) {
    if (a[index] !== b[index]) return a[index] - b[index];
  }
  return 0;
}

/** The first version that is no longer in the range: ^ keeps the left-most number that is not zero. */
function upperBound(operator, [major, minor, patch]) {
  if (operator === "~") return [major, minor + 1, 0];
  if (operator === "") return [major, minor, patch + 1];
  if (major > 0) return [major + 1, 0, 0];
  if (minor > 0) return [0, minor + 1, 0];
  return [0, 0, patch + 1];
}

/** Whether `version` lies in `range` ("1.2.3", "^1.2.3" or "~1.2.3"). Throws for any other form of range. */
export function satisfies(version, range) {
  const match = /^([\^~]?)(\d+\.\d+\.\d+)$/.exec(range.trim());
  if (!match) throw new Error(`the version range "${range}" has a form this script does not read`);
  const actual = parseVersion(version);
  if (actual === null) return false;
  const lowest = parseVersion(match[2]);
  return compare(actual, lowest) >= 0 && compare(actual, upperBound(match[1], lowest)) < 0;
}
