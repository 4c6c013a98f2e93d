// Gives a test the globals of a browser, from jsdom. Imported before React, which looks for them when it loads.
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><html lang='en'><body></body></html>", {
  url: "http://localhost:8000/",
  pretendToBeVisual: true,
});

/** What Node has itself (fetch, timers, URL, …) stays Node's; only what it lacks is taken from the window. */
for (const name of Object.getOwnPropertyNames(window)) {
  if (name in globalThis) continue;
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get: () => window[name],
    set(value) {
      define(name, value);
    },
  });
}
// Node 21 has a `navigator` of its own, without the parts that components read; events must be the window's.
for (const name of ["navigator", "Event", "EventTarget", "CustomEvent", "MessageEvent", "localStorage"]) {
  define(name, window[name]);
}
define("window", window);
define("self", window);
define("IS_REACT_ACT_ENVIRONMENT", true);

function define(name, value) {
  Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
}

// jsdom has no layout: what components ask of it answers as an empty page would.
window.Element.prototype.scrollIntoView ??= () => {};
window.Element.prototype.scrollTo ??= () => {};
window.matchMedia ??= (media) => ({ media, matches: false, addEventListener() {}, removeEventListener() {} });

// A clock that a test leaves ticking must not keep its process alive.
const { setInterval: nodeInterval } = globalThis;
define("setInterval", (...details) => {
  const timer = nodeInterval(...details);
  timer.unref();
  return timer;
});
