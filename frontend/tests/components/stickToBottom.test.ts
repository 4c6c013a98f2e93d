import assert from "node:assert/strict";
import { test } from "node:test";
import {
  afterScroll,
  afterWishToLookUp,
  distanceToEnd,
  needsJump,
  type ScrollMetrics,
  type StickState,
} from "../../src/components/stickToBottom";

const viewport = 500;
const atEnd: StickState = { isSticking: true, top: 500, height: 1000 };

function metrics(top: number, height = 1000): ScrollMetrics {
  return { top, height, viewport };
}

test("any move up by the reader releases at once", () => {
  assert.equal(afterScroll(atEnd, metrics(499), true).isSticking, false);
  assert.equal(afterScroll(atEnd, metrics(200), true).isSticking, false);
});

test("a move up without a known input releases as well, unless the content changed", () => {
  assert.equal(afterScroll(atEnd, metrics(300), false).isSticking, false);
});

test("content that shrinks moves the view, but the end is still followed", () => {
  assert.equal(afterScroll(atEnd, metrics(400, 900), false).isSticking, true);
  assert.equal(afterScroll(atEnd, metrics(400, 1100), false).isSticking, true);
});

test("growing content does not release, and does not stick what was released", () => {
  assert.equal(afterScroll(atEnd, metrics(500, 1400), false).isSticking, true);
  const away: StickState = { isSticking: false, top: 100, height: 1000 };
  assert.equal(afterScroll(away, metrics(100, 1400), false).isSticking, false);
});

test("coming back to the end sticks again, moving down towards it does not", () => {
  const away: StickState = { isSticking: false, top: 100, height: 1000 };
  assert.equal(afterScroll(away, metrics(300), true).isSticking, false);
  assert.equal(afterScroll(away, metrics(480), true).isSticking, true);
});

test("moving up within the last pixels does not stick again: the reader is not fought", () => {
  const released = afterScroll(atEnd, metrics(490), true);
  assert.equal(released.isSticking, false);
  assert.equal(afterScroll(released, metrics(485), true).isSticking, false);
});

test("the wish to look up releases before the view has moved, if there is anything above", () => {
  assert.equal(afterWishToLookUp(atEnd, metrics(500)).isSticking, false);
  assert.equal(afterWishToLookUp(atEnd, metrics(0, 400)).isSticking, true);
});

test("the way back is offered only away from the end", () => {
  const away: StickState = { isSticking: false, top: 100, height: 1000 };
  assert.equal(needsJump(away, metrics(100)), true);
  assert.equal(needsJump(away, metrics(490)), false);
  assert.equal(needsJump(atEnd, metrics(100, 2000)), false);
  assert.equal(distanceToEnd(metrics(600)), 0);
});
