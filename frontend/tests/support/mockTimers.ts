import type { TestContext } from "node:test";

type Timer = "setInterval" | "setTimeout";

/** Puts timers under the test's control; Node 18 takes them as a list, later versions in an object. */
export function mockTimers(context: TestContext, apis: Timer[]): void {
  const { timers } = context.mock;
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 20) (timers.enable as unknown as (apis: Timer[]) => void).call(timers, apis);
  else timers.enable({ apis });
}
