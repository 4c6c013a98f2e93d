import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { filesOf, readEntries, type Entry } from "../../src/documents/folderReader";

const file = (name: string): Entry => ({
  isFile: true,
  isDirectory: false,
  name,
  file: (taken) => taken(new File(["x"], name)),
});

/** Gives its entries a few at a time, as browsers do. */
const folder = (name: string, children: readonly Entry[], atOnce = 2): Entry => ({
  isFile: false,
  isDirectory: true,
  name,
  createReader() {
    let next = 0;
    return {
      readEntries(taken) {
        const some = children.slice(next, next + atOnce);
        next += atOnce;
        taken(some);
      },
    };
  },
});

const broken = (name: string): Entry => ({
  isFile: true,
  isDirectory: false,
  name,
  file: (_, failed) => failed(new Error("no")),
});

describe("dropped folders", () => {
  it("are read to their ends, with their paths", async () => {
    const tree = folder("a", [file("1.md"), folder("b", [file("2.md"), file("3.md")]), file("4.md")]);
    const found = await readEntries([tree, file("5.md")]);
    assert.deepEqual(
      found.files.map(({ name }) => name),
      ["a/1.md", "a/b/2.md", "a/b/3.md", "a/4.md", "5.md"],
    );
    assert.deepEqual([found.hidden, found.unreadable, found.isCut], [0, [], false]);
  });

  it("lose what is hidden, and say what could not be read", async () => {
    const tree = folder("a", [file(".DS_Store"), folder(".git", [file("HEAD")]), broken("x.md")]);
    const found = await readEntries([tree]);
    assert.deepEqual(found.files, []);
    assert.deepEqual([found.hidden, found.unreadable], [2, ["a/x.md"]]);
  });

  it("are bounded in number and depth", async () => {
    const many = folder(
      "a",
      Array.from({ length: 10 }, (_, index) => file(`${index}.md`)),
    );
    const some = await readEntries([many], 4);
    assert.deepEqual([some.files.length, some.isCut], [4, true]);
    let deep: Entry = file("end.md");
    for (let depth = 0; depth < 5; depth += 1) deep = folder(`d${depth}`, [deep]);
    assert.deepEqual((await readEntries([deep], 100, 3)).files, []);
    assert.equal((await readEntries([deep], 100, 5)).files.length, 1);
  });
});

describe("chosen files", () => {
  it("of a folder know their paths", () => {
    const inFolder = new File(["x"], "a.md");
    Object.defineProperty(inFolder, "webkitRelativePath", { value: "notes/a.md" });
    const hidden = new File(["x"], "b.md");
    Object.defineProperty(hidden, "webkitRelativePath", { value: "notes/.obsidian/b.md" });
    const found = filesOf([inFolder, hidden, new File(["x"], "c.md")]);
    assert.deepEqual(
      found.files.map(({ name }) => name),
      ["notes/a.md", "c.md"],
    );
    assert.equal(found.hidden, 1);
  });
});
