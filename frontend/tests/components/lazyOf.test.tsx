import assert from "node:assert/strict";
import { test } from "node:test";
import { LazyPart } from "../../src/components/LazyPart";
import { lazyOf, loadPart } from "../../src/components/loadPart";
import { render } from "./render";

const Sign = ({ text }: { text: string }) => <b>{text}</b>;

/** How often a fallback is drawn beside a part. */
async function fallbacksBeside(isLoaded: boolean): Promise<number> {
  const part = loadPart(async () => ({ Sign }));
  if (isLoaded) await part();
  const LazySign = lazyOf(part, "Sign");
  let fallbacks = 0;
  const Fallback = () => {
    fallbacks += 1;
    return null;
  };
  const { page } = await render(
    <LazyPart fallback={<Fallback />}>
      <LazySign text="here" />
    </LazyPart>,
  );
  assert.equal(page.textContent, "here");
  return fallbacks;
}

test("a part that is there is drawn at once, one that is not after its fallback", async () => {
  assert.equal(await fallbacksBeside(true), 0);
  assert.ok((await fallbacksBeside(false)) > 0);
});
