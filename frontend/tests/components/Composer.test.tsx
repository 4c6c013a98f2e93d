import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { ComponentProps } from "react";
import { Composer } from "../../src/components/Composer";
import { sendsMessage, type ComposerKey } from "../../src/components/composerKeys";
import { byName, click, press, render, type } from "./render";

type Props = ComponentProps<typeof Composer>;

const idle: Props = {
  conversationId: "one",
  isActive: false,
  isStopping: false,
  returned: null,
  takeReturned: () => null,
  onSend: () => true,
  onStop: () => {},
};

beforeEach(() => sessionStorage.clear());

function field(page: HTMLElement): HTMLTextAreaElement {
  const input = byName<HTMLTextAreaElement>(page, "Message");
  assert.ok(input);
  return input;
}

const enter: ComposerKey = { key: "Enter", shiftKey: false, altKey: false, isComposing: false, keyCode: 13 };
const keyRows: readonly (readonly [string, ComposerKey, boolean])[] = [
  ["Enter sends", enter, true],
  ["Shift+Enter is a new line", { ...enter, shiftKey: true }, false],
  ["Alt+Enter is a new line", { ...enter, altKey: true }, false],
  ["Enter that ends a composition does not send", { ...enter, isComposing: true }, false],
  ["nor does Safari's", { ...enter, keyCode: 229 }, false],
  ["another key does not send", { ...enter, key: "a", keyCode: 65 }, false],
];
for (const [name, key, sends] of keyRows) test(name, () => assert.equal(sendsMessage(key), sends));

test("Enter sends the trimmed text and empties the field", async () => {
  const sent: string[] = [];
  const { page } = await render(<Composer {...idle} onSend={(text) => sent.push(text) > 0} />);
  await type(field(page), "  What is Rill?\n");
  await press(field(page), "Enter", { shiftKey: true });
  assert.deepEqual(sent, []);
  await press(field(page), "Enter");
  assert.deepEqual(sent, ["What is Rill?"]);
  assert.equal(field(page).value, "");
});

test("text that was not taken stays in the field", async () => {
  const { page } = await render(<Composer {...idle} onSend={() => false} />);
  await type(field(page), "What is Rill?");
  await press(field(page), "Enter");
  assert.equal(field(page).value, "What is Rill?");
});

test("nothing but space cannot be sent", async () => {
  const { page } = await render(<Composer {...idle} onSend={() => assert.fail("sent")} />);
  await type(field(page), "   \n");
  assert.equal(byName<HTMLButtonElement>(page, "Send")?.disabled, true);
  await press(field(page), "Enter");
});

test("while a run goes on the field is disabled and Stop, another element, stands for Send", async () => {
  let stops = 0;
  const { page, draw } = await render(<Composer {...idle} />);
  const send = byName(page, "Send");
  assert.equal(send?.getAttribute("type"), "submit");
  await draw(<Composer {...idle} isActive onStop={() => (stops += 1)} />);
  const stop = byName(page, "Stop");
  assert.ok(stop && stop !== send);
  assert.equal(stop.getAttribute("type"), "button");
  assert.equal(byName(page, "Send"), null);
  assert.equal(field(page).disabled, true);
  await click(stop);
  assert.equal(stops, 1);
  await draw(<Composer {...idle} />);
  assert.equal(field(page).disabled, false);
  assert.equal(byName(page, "Stop"), null);
  assert.ok(byName(page, "Send"));
});

test("the focus returns to the field when the run is over", async () => {
  const { page, draw } = await render(<Composer {...idle} isActive />);
  await draw(<Composer {...idle} />);
  assert.ok(document.activeElement === field(page));
});

test("the counter appears near the limit, and over it nothing is sent", async () => {
  const { page } = await render(<Composer {...idle} onSend={() => assert.fail("sent")} />);
  await type(field(page), "x".repeat(6_999));
  assert.equal(page.querySelector("#composer-count"), null);
  await type(field(page), "x".repeat(7_500));
  assert.equal(page.querySelector("#composer-count")?.textContent, "7,500 of 8,000 characters");
  await type(field(page), "x".repeat(8_001));
  assert.equal(field(page).getAttribute("aria-invalid"), "true");
  assert.equal(byName<HTMLButtonElement>(page, "Send")?.disabled, true);
  await press(field(page), "Enter");
});

test("every conversation keeps its own draft", async () => {
  const { page, draw } = await render(<Composer {...idle} conversationId="one" />);
  await type(field(page), "for one");
  await draw(<Composer {...idle} conversationId="two" />);
  assert.equal(field(page).value, "");
  await type(field(page), "for two");
  await draw(<Composer {...idle} conversationId="one" />);
  assert.equal(field(page).value, "for one");
  await draw(<Composer {...idle} conversationId={null} />);
  assert.equal(field(page).value, "");
});

test("text that could not be sent comes back, but never over another draft", async () => {
  const taken: (string | null)[] = [];
  const takeReturned = (): string => {
    taken.push("come back");
    return "come back";
  };
  const { page, draw } = await render(<Composer {...idle} />);
  await draw(<Composer {...idle} returned="come back" takeReturned={takeReturned} />);
  assert.equal(field(page).value, "come back");
  await type(field(page), "mine");
  await draw(<Composer {...idle} returned={null} />);
  await draw(<Composer {...idle} returned="again" takeReturned={takeReturned} />);
  assert.equal(field(page).value, "mine");
  assert.equal(taken.length, 2);
});
