import assert from "node:assert/strict";
import { APIClient } from "../../src/api/client";
import type { RunAction } from "../../src/stream/actions";
import { debugLog } from "../../src/stream/debug";
import { HeartbeatRate } from "../../src/stream/heartbeatRate";
import { reduce } from "../../src/stream/reducer";
import { RunClient } from "../../src/stream/runClient";
import { IDLE_RUN, type RunState } from "../../src/stream/runState";
import { FakeEnvironment, settle } from "./fakeEnvironment";
import { loadFixtures } from "./fixtures";
import type { ExpectedRun } from "./replay";
import { json, ScriptedServer } from "./scriptedServer";

export const RUN = "0b9e7a64-52d1-4f0e-8a53-5d1c7f2e9b20";
export const FOLLOW = `GET /chat/runs/${RUN}/stream`;
export const STATUS = `GET /chat/runs/${RUN}`;
export const STOP = `POST /chat/runs/${RUN}/stop`;
export const ASK = "POST /chat/stream";

export const recorded = loadFixtures<ExpectedRun>("streams", "sse");

export function bytesOf(name: string): Uint8Array {
  const fixture = recorded.find((other) => other.name === name);
  assert.ok(fixture);
  return fixture.bytes;
}

export function textOf(name: string): string {
  return new TextDecoder().decode(bytesOf(name));
}

/** What the server says about a run that has sent nothing but what has arrived. */
export const quiet = (last_event_id: number) =>
  json({
    run_id: RUN,
    session_id: "s",
    message_id: "m",
    parent_id: "p",
    status: "running",
    last_event_id,
    token_count: 0,
  });

export const receipt = (last_event_id: number) =>
  json({ run_id: RUN, status: "cancelled", last_event_id, token_count: 2, stopped_in_ms: 4.5 });

/** A run client on a clock and a network of its own, with the state that its actions make. */
export class Bench {
  readonly server = new ScriptedServer();
  readonly environment = new FakeEnvironment(this.server.fetch);
  readonly busy: string[] = [];
  state: RunState = IDLE_RUN;
  /** Every status the run went through, in order. */
  readonly statuses: string[] = [];
  readonly client: RunClient;

  constructor() {
    const { environment } = this;
    const api = new APIClient(environment, () => {});
    const request = { message: "Question", run_id: RUN };
    this.client = new RunClient(
      RUN,
      request,
      { environment, api, debug: debugLog(environment), heartbeat: new HeartbeatRate() },
      {
        dispatch: (action) => this.dispatch(action),
        onBusy: (id) => this.busy.push(id),
      },
    );
    this.server.on(STATUS, quiet(0));
  }

  dispatch(action: RunAction): void {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state.status !== before.status) this.statuses.push(this.state.status);
  }

  async start(): Promise<void> {
    this.dispatch({ type: "started", runId: RUN, at: this.environment.time });
    this.client.start();
    await settle();
  }

  /** The request is answered and the stream is in the middle of the answer. */
  async startAndCut(): Promise<void> {
    this.server.on(ASK, this.server.stream).on(STATUS, quiet(11));
    await this.start();
    this.server.last.send(bytesOf("cut"));
    await settle();
  }

  /** Nothing ticks any more when a run is over. */
  assertQuiet(): void {
    assert.equal(this.environment.pendingTimers, 0, "a timer is left");
    assert.equal(this.environment.pendingListeners, 0, "a listener is left");
  }
}
