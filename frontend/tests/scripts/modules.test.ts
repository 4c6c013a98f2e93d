import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { effectiveVersion, linkModules, plan, upstreamVersion } from "../../scripts/modules.mjs";
import { satisfies } from "../../scripts/semver.mjs";

describe("version ranges", () => {
  const rows: [string, string, boolean][] = [
    ["18.2.0", "^18.2.0", true],
    ["18.9.9", "^18.2.0", true],
    ["19.0.0", "^18.2.0", false],
    ["18.1.9", "^18.2.0", false],
    ["0.17.19", "~0.17.0", true],
    ["0.18.0", "~0.17.0", false],
    ["4.8.4", "~4.8.4", true],
    ["4.9.0", "~4.8.4", false],
    ["0.16.9", "^0.16.4", true],
    ["0.17.0", "^0.16.4", false],
    ["0.0.4", "^0.0.3", false],
    ["1.2.3", "1.2.3", true],
    ["1.2.4", "1.2.3", false],
    ["1.3.0-beta.1", "^1.2.0", false],
  ];
  for (const [version, range, expected] of rows) {
    it(`${version} ${expected ? "is" : "is not"} in ${range}`, () =>
      assert.equal(satisfies(version, range), expected));
  }

  it("a range of another form is an error, not a guess", () => {
    assert.throws(() => satisfies("1.0.0", ">=1 <2"), /form/);
  });
});

describe("Debian's React", () => {
  it("is built from the tag that its package version names", () => {
    assert.equal(upstreamVersion("18.2.0+dfsg+~cs87.31.26-4"), "18.2.0");
    assert.equal(upstreamVersion("18.1.0~18.2.0+dfsg+~cs87.31.26-4"), "18.2.0");
    assert.equal(upstreamVersion("4.7.0-1"), "4.7.0");
  });

  it("counts as that version only where dpkg says so", () => {
    const debian = () => "18.1.0~18.2.0+dfsg+~cs87.31.26-4";
    assert.equal(effectiveVersion("react-dom", "18.1.0", debian), "18.2.0");
    assert.equal(
      effectiveVersion("react-dom", "18.1.0", () => null),
      "18.1.0",
    );
    assert.equal(
      effectiveVersion("react-dom", "18.1.0", () => "18.1.0+dfsg-1"),
      "18.1.0",
    );
    assert.equal(effectiveVersion("react-dom", "17.0.2", debian), "17.0.2");
    assert.equal(effectiveVersion("marked", "18.1.0", debian), "18.1.0");
  });
});

/** A machine of a test's own: /usr/share/nodejs with some packages, and a project beside it. */
function machine(packages: Record<string, Record<string, unknown>>, manifest: unknown) {
  const root = mkdtempSync(join(tmpdir(), "rill-modules-"));
  for (const [name, description] of Object.entries(packages)) {
    const folder = join(root, "nodejs", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, ...description }));
    writeFileSync(join(folder, "cli.js"), "");
  }
  mkdirSync(join(root, "project"));
  writeFileSync(join(root, "project/package.json"), JSON.stringify(manifest));
  const folders = [join(root, "nodejs")];
  const nothing = () => null;
  return {
    plan: () => plan(manifest, folders, nothing),
    link: () => linkModules({ root: join(root, "project"), folders, lookUp: nothing }) as string,
    has: (path: string) => existsSync(join(root, "project/node_modules", path)),
    write: (path: string, text: string) => writeFileSync(join(root, path), text),
    makeFolder: (path: string) => mkdirSync(join(root, path)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

describe("filling node_modules", () => {
  it("takes the named packages and all they need, makes their commands, and does it once", () => {
    const debian = machine(
      {
        app: { version: "1.2.3", dependencies: { middle: "^9.0.0" }, bin: "cli.js" },
        middle: { version: "1.0.0", dependencies: { "@scope/deep": "*" } },
        "@scope/deep": { version: "3.0.0", bin: { deep: "cli.js" } },
        other: { version: "1.0.0" },
      },
      { dependencies: { app: "^1.0.0" }, devDependencies: { oxlint: "^1.0.0" } },
    );
    assert.match(debian.link(), /filled with 3 packages/);
    assert.ok(debian.has("@scope/deep/package.json"));
    assert.ok(debian.has(".bin/app") && debian.has(".bin/deep"));
    assert.ok(!debian.has("other"));
    assert.match(debian.link(), /up to date/);
    debian.write("nodejs/app/package.json", JSON.stringify({ name: "app", version: "1.3.0" }));
    assert.match(debian.link(), /filled with 1 package/);
    debian.remove();
  });

  it("fails with every package that is missing or out of its range, and changes nothing", () => {
    const debian = machine(
      { old: { version: "1.0.0" }, needy: { version: "1.0.0", dependencies: { absent: "*" } } },
      { dependencies: { old: "^2.0.0", needy: "^1.0.0", gone: "^1.0.0" } },
    );
    assert.deepEqual(debian.plan().problems, [
      "old is 1.0.0, but package.json asks for ^2.0.0",
      "gone (needed by package.json) is not installed",
      "absent (needed by needy) is not installed",
    ]);
    assert.throws(() => debian.link(), /old is 1\.0\.0/);
    assert.ok(!debian.has("old"));
    debian.remove();
  });

  it("leaves alone what npm has filled", () => {
    const debian = machine({}, { dependencies: { anything: "^1.0.0" } });
    assert.throws(() => debian.link(), /not installed/);
    debian.makeFolder("project/node_modules");
    debian.write("project/node_modules/.package-lock.json", "{}");
    assert.match(debian.link(), /npm/);
    debian.remove();
  });
});
