import { whenIdle } from "./whenIdle";

/**
 * What the stream core takes from the browser. Everything is a parameter, so that tests run on a clock of
 * their own and a scripted network, and never wait.
 */
export interface Environment {
  fetch(input: string, init?: RequestInit): Promise<Response>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after some milliseconds; the returned function takes that back. */
  after(milliseconds: number, callback: () => void): () => void;
  /** Calls back before the next drawing of the page; the returned function takes that back. */
  nextFrame(callback: () => void): () => void;
  /** Calls back when the browser has nothing else to do, or after a second; the returned function takes that back. */
  whenIdle(callback: () => void): () => void;
  randomUUID(): string;
  isOnline(): boolean;
  /** Calls back when the browser gains or loses its network; the returned function ends that. */
  onOnlineChange(callback: (online: boolean) => void): () => void;
  /** Whether anybody can see the page. */
  isVisible(): boolean;
  /** Calls back when the page is seen again or gets the focus; the returned function ends that. */
  onSeen(callback: () => void): () => void;
  /**
   * Joins the other tabs that show this page: calls back with what they post. Without the browser's help there is
   * nobody to hear.
   */
  joinTabs(callback: (message: unknown) => void): TabChannel;
  /** Values that outlive the page. */
  storage: KeyValueStore;
  /** Values that outlive a reload, but not the tab. */
  tabStorage: KeyValueStore;
  location: LocationBar;
}

/** Reading gives null, and writing does nothing, where the browser forbids it. */
export interface KeyValueStore {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

export interface TabChannel {
  /** Tells all other tabs. */
  post(message: unknown): void;
  close(): void;
}

export interface LocationBar {
  path(): string;
  /** What follows the path, with its question mark; empty when nothing does. */
  query(): string;
  push(path: string): void;
  replace(path: string): void;
  /** Calls back when the user goes back or forward; the returned function ends that. */
  onChange(callback: () => void): () => void;
}

/**
 * A random (version 4) UUID. `crypto.randomUUID` exists only in secure contexts, and a server on the local
 * network is often reached by plain HTTP.
 */
export function randomUUID(source: Crypto = crypto): string {
  if (typeof source.randomUUID === "function") return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, index) => {
    if (index === 6) return ((byte & 0x0f) | 0x40).toString(16).padStart(2, "0");
    if (index === 8) return ((byte & 0x3f) | 0x80).toString(16).padStart(2, "0");
    return byte.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Storage throws where the user has forbidden it; the page then works without. */
function attempt<Value>(body: () => Value, otherwise: Value): Value {
  try {
    return body();
  } catch {
    return otherwise;
  }
}

function keyValueStore(storage: () => Storage): KeyValueStore {
  return {
    get: (key) => attempt(() => storage().getItem(key), null),
    set: (key, value) => attempt(() => storage().setItem(key, value), undefined),
    remove: (key) => attempt(() => storage().removeItem(key), undefined),
  };
}

function onSeen(callback: () => void): () => void {
  const seen = () => {
    if (document.visibilityState === "visible") callback();
  };
  // A page that has just been loaded is not seen again.
  const shown = ({ persisted }: PageTransitionEvent) => persisted && seen();
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("focus", seen);
  window.addEventListener("pageshow", shown);
  return () => {
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("focus", seen);
    window.removeEventListener("pageshow", shown);
  };
}

function joinTabs(callback: (message: unknown) => void): TabChannel {
  if (typeof BroadcastChannel === "undefined") return { post() {}, close() {} };
  const channel = new BroadcastChannel("rill");
  channel.addEventListener("message", (event: MessageEvent<unknown>) => callback(event.data));
  return { post: (message) => channel.postMessage(message), close: () => channel.close() };
}

/** A hidden tab draws no frames: after this many milliseconds a "frame" happens without one. */
const HIDDEN_FRAME_MS = 100;

function nextFrame(callback: () => void): () => void {
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const once = () => {
    cancel();
    callback();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, HIDDEN_FRAME_MS);
  return cancel;
}

export function browserEnvironment(): Environment {
  return {
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
    nextFrame,
    whenIdle,
    randomUUID: () => randomUUID(),
    isOnline: () => navigator.onLine,
    onOnlineChange(callback) {
      const online = () => callback(true);
      const offline = () => callback(false);
      window.addEventListener("online", online);
      window.addEventListener("offline", offline);
      return () => {
        window.removeEventListener("online", online);
        window.removeEventListener("offline", offline);
      };
    },
    isVisible: () => document.visibilityState !== "hidden",
    onSeen,
    joinTabs,
    storage: keyValueStore(() => localStorage),
    tabStorage: keyValueStore(() => sessionStorage),
    location: {
      path: () => location.pathname,
      query: () => location.search,
      push: (path) => history.pushState(null, "", path),
      replace: (path) => history.replaceState(null, "", path),
      onChange(callback) {
        window.addEventListener("popstate", callback);
        return () => window.removeEventListener("popstate", callback);
      },
    },
  };
}
