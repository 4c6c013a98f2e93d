import assert from "node:assert/strict";
import { test } from "node:test";
import { CitationContext, type Citations } from "../../src/markdown/citations";
import { Markdown } from "../../src/markdown/Markdown";
import { click, render } from "./render";

async function drawn(text: string, isLive = false): Promise<HTMLElement> {
  const { page } = await render(<Markdown text={text} isLive={isLive} />);
  return page.querySelector<HTMLElement>(".blocks") ?? page;
}

const rows: readonly (readonly [string, string, string])[] = [
  ["emphasis", "*a* **b** ~~c~~", "<p><em>a</em> <strong>b</strong> <del>c</del></p>"],
  ["code", "`a < b` and `` `c` ``", "<p><code>a &lt; b</code> and <code>`c`</code></p>"],
  ["characters that HTML knows", "5 < 6 & 7 > 2 \"q\" 'r'", "<p>5 &lt; 6 &amp; 7 &gt; 2 \"q\" 'r'</p>"],
  ["references", "&copy; &lt;b&gt; a\\*b", "<p>© &lt;b&gt; a*b</p>"],
  ["line breaks", "a  \nb", "<p>a<br>b</p>"],
  ["a rule", "a\n\n---\n", "<p>a</p><hr>"],
  ["a tight list", "- a\n- b", '<ul class="tight"><li>a</li><li>b</li></ul>'],
  ["a numbered list", "3. a\n4. b", '<ol start="3" class="tight"><li>a</li><li>b</li></ol>'],
  ["a quote", "> a", "<blockquote><p>a</p></blockquote>"],
  ["a heading", "# a", '<h3 class="depth-1">a</h3>'],
];
for (const [name, text, html] of rows) {
  test(`${name} is drawn`, async () => assert.equal((await drawn(text)).innerHTML, html));
}

test("a table has headers with scope, alignment, and scrolls on its own", async () => {
  const blocks = await drawn("| a | b |\n|---|--:|\n| 1 | 2 |");
  assert.equal(blocks.querySelectorAll('th[scope="col"]').length, 2);
  assert.equal(blocks.querySelector("td.align-right")?.textContent, "2");
  assert.equal(blocks.querySelector(".scroll-x")?.getAttribute("tabindex"), "0");
});

test("links open in another tab and tell it nothing", async () => {
  const link = (await drawn("[a](https://example.org/?x=1&y=2)")).querySelector("a");
  assert.equal(link?.getAttribute("href"), "https://example.org/?x=1&y=2");
  assert.equal(link?.getAttribute("target"), "_blank");
  assert.match(link?.getAttribute("rel") ?? "", /noopener/);
});

test("bare addresses become links with their own text", async () => {
  const link = (await drawn("See https://example.org/?a=1&b=2 now")).querySelector("a");
  assert.equal(link?.textContent, "https://example.org/?a=1&b=2");
  assert.equal(link?.getAttribute("href"), "https://example.org/?a=1&b=2");
});

for (const attempt of [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "a <b onmouseover=alert(1)>b</b>",
  "<svg/onload=alert(1)>",
  "<iframe src='javascript:alert(1)'></iframe>",
  "[x](javascript:alert(1))",
  "[x](java&#115;cript:alert(1))",
  "![x](javascript:alert(1))",
  "<javascript:alert(1)>",
  "[x]: javascript:alert(1)\n\n[x]",
  "![<img src=x onerror=alert(1)>](https://example.org/a.png)",
  "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
  "```<script>\n</code><script>alert(1)</script>\n```",
  "- <style>*{display:none}</style>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
]) {
  test(`does nothing but show text: ${JSON.stringify(attempt)}`, async () => {
    for (const isLive of [false, true]) {
      const blocks = await drawn(attempt, isLive);
      assert.equal(
        blocks.querySelectorAll("script, img, svg:not(.icon), iframe, style, object, embed").length,
        0,
      );
      for (const element of blocks.querySelectorAll("*")) {
        for (const { name, value } of element.attributes) {
          assert.ok(!name.startsWith("on"), `${name}=${value}`);
          assert.ok(!/^\s*javascript:/i.test(value), `${name}=${value}`);
        }
      }
    }
  });
}

test("raw HTML is shown as it was written", async () => {
  assert.equal((await drawn("a <b>c</b>")).textContent, "a <b>c</b>");
  assert.equal((await drawn("<div onclick=x>\n")).textContent, "<div onclick=x>");
});

test("citation marks with a source are buttons, the others stay text", async () => {
  const opened: number[] = [];
  const citations: Citations = {
    has: (number) => number <= 2,
    title: (number) => `Title ${number}`,
    isRemoved: () => false,
    open: (number) => opened.push(number),
  };
  const element = (
    // oxlint-disable-next-line react/jsx-no-constructed-context-values -- drawn once
    <CitationContext.Provider value={citations}>
      <Markdown text={"One [1], both [1, 2], none [7], a [1](https://example.org) link, two [1][2]."} />
    </CitationContext.Provider>
  );
  const { page } = await render(element);
  const marks = [...page.querySelectorAll(".citation")];
  assert.deepEqual(
    marks.map((mark) => mark.getAttribute("aria-label")),
    [1, 1, 2, 1, 2].map((number) => `Source ${number}: Title ${number}`),
  );
  assert.match(page.textContent ?? "", /none \[7\]/);
  assert.equal(page.querySelector("a")?.textContent, "1");
  await click(marks[2] ?? null);
  assert.deepEqual(opened, [2]);
});

test("without sources every mark is text", async () => {
  assert.equal((await drawn("As said [1] and [2, 3].")).textContent, "As said [1] and [2, 3].");
});

test("while text arrives the elements of finished blocks stay, and the live block becomes finished in place", async () => {
  const { page, draw } = await render(<Markdown text={"First paragraph.\n\nSecond"} isLive />);
  const [first, second] = page.querySelectorAll("p");
  await draw(<Markdown text={"First paragraph.\n\nSecond one.\n\n- item"} isLive />);
  await draw(<Markdown text={"First paragraph.\n\nSecond one.\n\n- item"} isLive={false} />);
  assert.ok(first && page.querySelectorAll("p")[0] === first);
  assert.ok(second && page.querySelectorAll("p")[1] === second);
  assert.equal(second?.textContent, "Second one.");
  assert.equal(page.querySelectorAll("li").length, 1);
});

test("a code block has its language's name, its colours and a copy button", async () => {
  const { page } = await render(<Markdown text={"```py\nprint('hi')\n```\n"} />);
  assert.equal(page.querySelector(".code-language")?.textContent, "Python");
  assert.equal(page.querySelector("pre")?.textContent, "print('hi')\n");
  assert.equal(page.querySelector(".token.string")?.textContent, "'hi'");
  let copied = "";
  Object.defineProperty(navigator, "clipboard", {
    configurable: true,
    value: {
      writeText: async (text: string) => {
        copied = text;
      },
    },
  });
  await click(page.querySelector("button.copy"));
  assert.equal(copied, "print('hi')");
  assert.equal(page.querySelector("button.copy")?.textContent, "Copied");
});

test("a formula is typeset as MathML", async () => {
  const blocks = await drawn("Energy is \\(E = mc^2\\).");
  assert.ok(blocks.querySelector("math"));
  assert.equal(blocks.querySelector(".katex-html"), null);
});

test("a long answer keeps its elements across groups of blocks", async () => {
  const text = Array.from({ length: 70 }, (_, index) => `Paragraph ${index}.`).join("\n\n");
  const { page, draw } = await render(<Markdown text={text} isLive />);
  const before = [...page.querySelectorAll("p")];
  await draw(<Markdown text={`${text}\n\nOne more.`} isLive />);
  const after = [...page.querySelectorAll("p")];
  assert.equal(before.length, 70);
  assert.equal(after.length, 71);
  assert.ok(before.every((paragraph, index) => paragraph === after[index]));
});
