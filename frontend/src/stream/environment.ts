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
  randomUUID(): string;
  isOnline(): boolean;
  /** Calls back when the browser gains or loses its network; the returned function ends that. */
  onOnlineChange(callback: (online: boolean) => void): () => void;
  /**
   * Values that outlive the page. Reading gives null, and writing does nothing, where the browser forbids it.
   */
  storage: {
    get(key: string): string | null;
    set(key: string, value: string): void;
    remove(key: string): void;
  };
  location: LocationBar;
}

export interface LocationBar {
  path(): string;
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
    storage: {
      get: (key) => attempt(() => localStorage.getItem(key), null),
      set: (key, value) => attempt(() => localStorage.setItem(key, value), undefined),
      remove: (key) => attempt(() => localStorage.removeItem(key), undefined),
    },
    location: {
      path: () => location.pathname,
      push: (path) => history.pushState(null, "", path),
      replace: (path) => history.replaceState(null, "", path),
      onChange(callback) {
        window.addEventListener("popstate", callback);
        return () => window.removeEventListener("popstate", callback);
      },
    },
  };
}
