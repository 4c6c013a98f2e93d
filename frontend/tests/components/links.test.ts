import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeEntities } from "../../src/markdown/entities";
import { safeHref } from "../../src/markdown/links";

test("absolute web and mail addresses are links", () => {
  assert.equal(safeHref("https://example.org/a?b=1&amp;c=2"), "https://example.org/a?b=1&c=2");
  assert.equal(safeHref("http://localhost:8000"), "http://localhost:8000/");
  assert.equal(safeHref("mailto:a@example.org"), "mailto:a@example.org");
});

for (const href of [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " javascript:alert(1)",
  "java\tscript:alert(1)",
  "java\nscript:alert(1)",
  "\u0001javascript:alert(1)",
  "javascript&colon;alert(1)",
  "&#106;avascript:alert(1)",
  "&#x6A;avascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:msgbox(1)",
  "file:///etc/passwd",
  "blob:https://example.org/1",
  "/chat",
  "//example.org/x",
  "#main",
  "",
]) {
  test(`no link: ${JSON.stringify(href)}`, () => assert.equal(safeHref(href), null));
}

test("character references become characters, unknown and impossible ones do not break", () => {
  assert.equal(decodeEntities("a &lt;b&gt; &amp;amp; &#65;&#x42; &mdash;"), "a <b> &amp; AB —");
  assert.equal(decodeEntities("&nonsense; &#0; &#xD800; &#1114112;"), "&nonsense; \ufffd \ufffd \ufffd");
  assert.equal(decodeEntities("&constructor; & &;"), "&constructor; & &;");
});
