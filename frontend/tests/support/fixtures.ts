import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The top of the repository; `scripts/test.mjs` says where it is. */
export const repository = process.env["RILL_REPOSITORY"] ?? join(process.cwd(), "..");

export interface Fixture<Expected> {
  name: string;
  bytes: Uint8Array;
  expected: Expected;
}

/** Every NAME.json of a folder of Tests/Fixtures, with the bytes of the recording of the same name. */
export function loadFixtures<Expected>(folder: string, extension: string): Fixture<Expected>[] {
  const path = join(repository, "Tests/Fixtures", folder);
  return readdirSync(path)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => {
      const name = file.slice(0, -".json".length);
      return {
        name,
        bytes: readFileSync(join(path, `${name}.${extension}`)),
        expected: JSON.parse(readFileSync(join(path, file), "utf8")) as Expected,
      };
    });
}
