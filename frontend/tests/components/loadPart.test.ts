import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPart } from "../../src/components/loadPart";
import { mockTimers } from "../support/mockTimers";
import { settle } from "../support/fakeEnvironment";

test("a part is loaded once for all who want it", async () => {
  let loads = 0;
  const load = loadPart(async () => (loads += 1));
  assert.deepEqual(await Promise.all([load(), load()]), [1, 1]);
  assert.equal(await load(), 1);
});

test("a part that cannot be loaded is tried again, later and later, and once more when it is wanted again", async (context) => {
  mockTimers(context, ["setTimeout"]);
  let tries = 0;
  const load = loadPart(async () => {
    tries += 1;
    if (tries < 8) throw new Error("no network");
    return "part";
  });
  const failed = assert.rejects(load(), /no network/);
  for (const [delay, sofar] of [
    [250, 2],
    [1000, 3],
    [2000, 4],
    [4000, 5],
    [8000, 6],
  ] as const) {
    await settle();
    context.mock.timers.tick(delay);
    await settle();
    assert.equal(tries, sofar);
  }
  await failed;
  const part = load();
  await settle();
  context.mock.timers.tick(250);
  assert.equal(await part, "part");
});
