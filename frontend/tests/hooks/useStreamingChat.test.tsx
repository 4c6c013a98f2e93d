import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { act } from "react-dom/test-utils";
import { ChatStoreContext } from "../../src/hooks/storeContext";
import { useConversations } from "../../src/hooks/useConversations";
import { useNow } from "../../src/hooks/useNow";
import { useServer } from "../../src/hooks/useServer";
import { useStreamingChat } from "../../src/hooks/useStreamingChat";
import { createStaticStore, INITIAL_STATE, type ChatStore } from "../../src/store";
import { IDLE_RUN } from "../../src/stream/runState";

const roots: { unmount(): void }[] = [];

function draw(store: ChatStore | null, element: ReactNode): HTMLElement {
  const container = document.createElement("div");
  const root = createRoot(container);
  roots.push(root);
  const provided = <ChatStoreContext.Provider value={store}>{element}</ChatStoreContext.Provider>;
  act(() => root.render(<StrictMode>{provided}</StrictMode>));
  return container;
}

afterEach(() => act(() => roots.splice(0).forEach((root) => root.unmount())));

function Chat() {
  const chat = useStreamingChat();
  return (
    <button disabled={!chat.active} onClick={chat.stop}>
      {chat.run.status} {chat.run.text}
    </button>
  );
}

describe("useStreamingChat", () => {
  it("follows the store, and its actions are the store's", () => {
    let stops = 0;
    const store = createStaticStore({}, { stop: () => (stops += 1) });
    const container = draw(store, <Chat />);
    assert.equal(container.textContent, "idle ");
    const run = { ...IDLE_RUN, status: "streaming" as const, text: "Hello" };
    act(() => store.setState({ current: { ...INITIAL_STATE.current, run } }));
    assert.equal(container.textContent, "streaming Hello");
    act(() => container.querySelector("button")?.click());
    assert.equal(stops, 1);
  });

  it("without a store says what is missing", () => {
    const silence = console.error;
    console.error = () => {};
    assert.throws(() => draw(null, <Chat />), /ChatStoreContext/);
    console.error = silence;
  });
});

function Sidebar() {
  const list = useConversations();
  const server = useServer();
  return (
    <p>
      {list.items.map((item) => item.title).join()} {list.currentId} {[...list.activeIds].join()}{" "}
      {server.model} {server.online ? "online" : "offline"}
    </p>
  );
}

describe("useConversations and useServer", () => {
  it("show the list, the open conversation, the active ones and the server", () => {
    const item = { id: "a", title: "First", created_at: "", updated_at: "" };
    const store = createStaticStore({
      conversations: { status: "ready", items: [item], hasMore: false, error: null },
      current: { ...INITIAL_STATE.current, id: "a" },
      activeSessionIds: new Set(["a"]),
      server: { ...INITIAL_STATE.server, model: "extractive" },
      online: false,
    });
    assert.equal(draw(store, <Sidebar />).textContent, "First a a extractive offline");
  });
});

describe("useNow", () => {
  it("is the present when it is drawn, and ticks only while it runs", () => {
    const { setInterval: realInterval, Date: RealDate } = globalThis;
    const ticks: (() => void)[] = [];
    let now = 5000;
    globalThis.setInterval = ((tick: () => void) => ticks.push(tick)) as unknown as typeof setInterval;
    globalThis.Date = class extends RealDate {
      static override now = () => now;
    } as DateConstructor;
    const still = draw(null, <Clock running={false} />);
    const running = draw(null, <Clock running />);
    now = 5250;
    act(() => ticks.forEach((tick) => tick()));
    globalThis.setInterval = realInterval;
    globalThis.Date = RealDate;
    assert.equal(still.textContent, "5000");
    assert.equal(running.textContent, "5300", "rounded up to the interval");
  });
});

function Clock({ running }: { running: boolean }) {
  return <p>{useNow(running, 100)}</p>;
}
