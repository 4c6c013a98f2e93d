import { afterEach } from "node:test";
import { act } from "react-dom/test-utils";
import { createRoot } from "react-dom/client";
import type { ReactElement } from "react";
import { ChatStoreContext } from "../../src/hooks/storeContext";
import { createStaticStore, type ChatActions, type ChatState, type ChatStore } from "../../src/store";

export interface Rendered {
  readonly page: HTMLElement;
  readonly store: ReturnType<typeof createStaticStore>;
  draw(element: ReactElement): Promise<void>;
}

const drawn = new Set<() => Promise<void>>();

/** What a test has drawn goes with it: timers would keep the process, a second field would keep the focus. */
afterEach(async () => {
  for (const unmount of drawn) await unmount();
});

/** Draws an element with a store that holds `state` and calls `actions`, and waits for what it loads lazily. */
export async function render(
  element: ReactElement,
  state: Partial<ChatState> = {},
  actions: Partial<ChatActions & Pick<ChatStore, "services">> = {},
): Promise<Rendered> {
  const page = document.createElement("div");
  document.body.append(page);
  const store = createStaticStore(state, actions);
  const root = createRoot(page);
  const draw = (next: ReactElement): Promise<void> =>
    settled(() => root.render(<ChatStoreContext.Provider value={store}>{next}</ChatStoreContext.Provider>));
  const unmount = async (): Promise<void> => {
    drawn.delete(unmount);
    await settled(() => root.unmount());
    page.remove();
  };
  drawn.add(unmount);
  await draw(element);
  return {
    page,
    store,
    draw,
  };
}

/** Runs what changes the page and lets everything that follows from it happen. */
export async function settled(change: () => void): Promise<void> {
  await act(async () => {
    change();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  });
}

/** The one element with that role-less, accessible name: its `aria-label`, else its text. */
export function byName<Kind extends HTMLElement = HTMLElement>(page: ParentNode, name: string): Kind | null {
  const candidates = page.querySelectorAll<Kind>("button, a, textarea, input, [aria-label]");
  return (
    [...candidates].find(
      (each) => (each.getAttribute("aria-label") ?? each.textContent ?? "").trim() === name,
    ) ?? null
  );
}

/** Presses a key. The result says whether the browser would go on to do what the key does by itself. */
export async function press(element: Element, key: string, more: KeyboardEventInit = {}): Promise<boolean> {
  const event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  await settled(() => {
    element.dispatchEvent(event);
  });
  return !event.defaultPrevented;
}

export function click(element: Element | null): Promise<void> {
  if (!element) throw new Error("There is nothing to click.");
  return settled(() => {
    element.dispatchEvent(new window.MouseEvent("click", { bubbles: true, cancelable: true }));
  });
}

/** Types into a controlled field the way a browser does. */
export function type(field: HTMLTextAreaElement | HTMLInputElement, text: string): Promise<void> {
  const prototype = Object.getPrototypeOf(field) as object;
  const setter = Object.getOwnPropertyDescriptor(prototype, "value")?.set;
  return settled(() => {
    setter?.call(field, text);
    field.dispatchEvent(new window.Event("input", { bubbles: true }));
  });
}
