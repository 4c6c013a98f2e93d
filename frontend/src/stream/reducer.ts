import type { RunAction, ReceivedEvent } from "./actions";
import { localTime, withClock } from "./clock";
import { IDLE_RUN, isActive, type RunState } from "./runState";
import { CANCELLED_BY_SERVER } from "./sentences";
import { completeStage, endStages, snapshotStages, startStage } from "./stages";
import type { ErrorContent, RunEvent } from "../types/streaming";

/**
 * The one place where a run's state changes: pure, and the same for live events, replayed ones and what the
 * user does. Events whose id was seen already are ignored, ids may jump (joined tokens), and nothing changes
 * a run that has ended.
 */
export function reduce(state: RunState, action: RunAction): RunState {
  switch (action.type) {
    case "started":
      return { ...IDLE_RUN, status: "connecting", runId: action.runId, startedAt: action.at };
    case "attached":
      return {
        ...IDLE_RUN,
        status: "connecting",
        runId: action.runId,
        metadata: action.known,
        startedAt: action.at,
      };
    case "continued": {
      const { runId, known: metadata, text, sources, at: startedAt } = action;
      const replaced = replacedBy(text);
      return { ...IDLE_RUN, status: "connecting", runId, metadata, ...replaced, sources, startedAt };
    }
    case "resumed": {
      const reconnect = {
        attempt: 1,
        maxAttempts: action.maxAttempts,
        phase: "trying",
        retryAt: null,
        reason: "",
      } as const;
      return { ...state, status: "reconnecting", error: null, endedAt: null, slow: false, reconnect };
    }
    default:
      return isActive(state) ? reduceActive(state, action) : state;
  }
}

type ActiveAction = Exclude<RunAction, { type: "started" | "attached" | "continued" | "resumed" }>;

function reduceActive(state: RunState, action: ActiveAction): RunState {
  const stopping = state.status === "stopping";
  switch (action.type) {
    case "received":
      return receive(state, action);
    case "connected":
      return stopping ? state : { ...state, status: "streaming", slow: false, reconnect: null };
    case "slowed":
      return stopping ? state : { ...state, slow: true };
    case "recovered":
      return { ...state, slow: false };
    case "retryScheduled": {
      const { attempt, maxAttempts, retryAt, reason } = action;
      const phase = retryAt === null ? "offline" : "countdown";
      const reconnect = { attempt, maxAttempts, phase, retryAt, reason } as const;
      return stopping ? state : { ...state, status: "reconnecting", slow: false, reconnect };
    }
    case "retryStarted":
      if (state.reconnect === null) return state;
      return { ...state, reconnect: { ...state.reconnect, phase: "trying", retryAt: null } };
    case "stopRequested":
      return { ...state, status: "stopping", slow: false, reconnect: null };
    case "receiptCame":
      return { ...state, receipt: action.receipt };
    case "stopped":
      return end(state, action.at, { status: "stopped" });
    case "failed":
      if (stopping) return end(state, action.at, { status: "stopped" });
      return end(state, action.at, { status: "failed", error: action.failure });
  }
}

function end(state: RunState, at: number, last: Partial<RunState>): RunState {
  const stages = endStages(state.stages, at);
  return {
    ...state,
    queuePosition: null,
    stage: null,
    stages,
    slow: false,
    reconnect: null,
    endedAt: at,
    ...last,
  };
}

function receive(state: RunState, { id, event, at }: ReceivedEvent): RunState {
  if (id <= state.lastEventId) return state;
  const queuePosition = event.type === "queued" ? event.content.position : null;
  return apply(withClock({ ...state, lastEventId: id, queuePosition }, event, at), event, at);
}

function apply(state: RunState, event: RunEvent, at: number): RunState {
  switch (event.type) {
    case "metadata":
      return { ...state, metadata: event.content };
    case "queued":
      return state;
    case "token": {
      const firstTokenAt = state.firstTokenAt ?? at;
      return { ...state, ...grownBy(state, event.content), replacedText: null, firstTokenAt };
    }
    case "sources":
      return { ...state, sources: event.content.sources };
    case "warning":
      return { ...state, warnings: [...state.warnings, event.content] };
    case "snapshot": {
      const { text, stage, sources } = event.content;
      const stages = snapshotStages(state.stages, stage, localTime(state, event, at));
      const firstTokenAt = state.firstTokenAt ?? (text === "" ? null : at);
      const [textEpoch, replacedText] = [state.textEpoch + 1, state.text];
      const replaced = replacedBy(text);
      return { ...state, ...replaced, stage, stages, sources, firstTokenAt, textEpoch, replacedText };
    }
    case "done": {
      const { finish_reason: finishReason, usage, timings } = event.content;
      return end(state, at, { status: "done", finishReason, usage, timings, receipt: null });
    }
    case "cancelled":
      return cancel(state, event.content.reason, at);
    case "error":
      // After Stop an error is no news: the user wanted the answer to end.
      if (state.status === "stopping") return end(state, at, { status: "stopped" });
      return end(withShownText(state, event.content), at, {
        status: "failed",
        error: failureOf(event.content),
      });
    default:
      break;
  }
  const { stage, status } = event.content;
  if (status === "complete") {
    const stages = completeStage(state.stages, event.content, localTime(state, event, at));
    return { ...state, stages, stage: state.stage === stage ? null : state.stage };
  }
  return { ...state, stage, stages: startStage(state.stages, event.content, localTime(state, event, at)) };
}

/** Characters after which the tail begins anew: a frame's worth, even when a frame brings a lot. */
const tailLimit = 4_000;

type Text = Pick<RunState, "text" | "tail">;

function grownBy({ text, tail }: Text, added: string): Text {
  const isFull = tail.text.length >= tailLimit;
  const grown = isFull ? { start: text.length, text: added } : { ...tail, text: tail.text + added };
  return { text: text + added, tail: grown };
}

function replacedBy(text: string): Text {
  return { text, tail: { start: text.length, text: "" } };
}

function cancel(state: RunState, reason: "user" | "disconnected" | "shutdown", at: number): RunState {
  if (reason === "user" || state.status === "stopping") return end(state, at, { status: "stopped" });
  return end(state, at, { status: "failed", error: CANCELLED_BY_SERVER[reason] });
}

/**
 * What is stored of an answer whose server died may lack the last words that were shown. They are kept on the page,
 * where a snapshot has only shortened the text.
 */
function withShownText(state: RunState, { code }: ErrorContent): RunState {
  const { text, replacedText } = state;
  if (code !== "INTERRUPTED" || replacedText === null || !replacedText.startsWith(text)) return state;
  return { ...state, ...replacedBy(replacedText) };
}

function failureOf(content: ErrorContent) {
  const { code, message, retryable, retry_after_ms: retryAfterMs = null } = content;
  return { code, message, retryable, retryAfterMs };
}

/**
 * Many actions at once, with the same result as one after the other. Tokens that follow each other become one
 * state and one concatenation, so that a frame costs the same whether it brings one token or thousands.
 */
export function reduceBatch(state: RunState, actions: readonly RunAction[]): RunState {
  let current = state;
  for (let index = 0; index < actions.length;) {
    const length = tokenRun(actions, index);
    if (length < 2) {
      const action = actions[index];
      if (action !== undefined) current = reduce(current, action);
      index += 1;
    } else {
      current = appendTokens(current, actions.slice(index, index + length) as ReceivedEvent[]);
      index += length;
    }
  }
  return current;
}

/** How many token events follow each other from `start`. */
function tokenRun(actions: readonly RunAction[], start: number): number {
  let index = start;
  for (; index < actions.length; index += 1) {
    const action = actions[index];
    if (action?.type !== "received" || action.event.type !== "token") break;
  }
  return index - start;
}

function appendTokens(state: RunState, tokens: readonly ReceivedEvent[]): RunState {
  if (!isActive(state)) return state;
  const fresh: string[] = [];
  let next = state;
  let { lastEventId, firstTokenAt } = state;
  for (const { id, event, at } of tokens) {
    if (id <= lastEventId || event.type !== "token") continue;
    next = withClock(next, event, at);
    firstTokenAt ??= at;
    lastEventId = id;
    fresh.push(event.content);
  }
  if (fresh.length === 0) return state;
  const grown = grownBy(state, fresh.join(""));
  return { ...next, ...grown, lastEventId, firstTokenAt, queuePosition: null, replacedText: null };
}
