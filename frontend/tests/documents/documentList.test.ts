import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldersOf, matches, NO_FILTER, withNews } from "../../src/documents/documentList";
import type { DocumentNews } from "../../src/types/documents";
import { document, embedding } from "./samples";

const is = (id: string, part = {}): DocumentNews => ({ kind: "document", document: document(id, part) });
const listing = { items: [document("a"), document("b")], total: 5 };
const ids = ({ items }: { items: readonly { id: string }[] }): string => items.map(({ id }) => id).join(" ");

describe("the list after some news", () => {
  it("a listed document changes in its place", () => {
    const after = withNews(listing, [is("b", { title: "New" })], NO_FILTER);
    assert.deepEqual([ids(after), after.items[1]?.title, after.total], ["a b", "New", 5]);
    assert.equal(after.items[0], listing.items[0], "what did not change is the same object");
  });

  it("new ones come first, the newest at the top, and count once", () => {
    const after = withNews(listing, [is("c"), is("d"), is("c", { title: "Again" })], NO_FILTER);
    assert.deepEqual([ids(after), after.total], ["d c a b", 7]);
    assert.equal(after.items[1]?.title, "Again");
  });

  it("deleted ones go, also one that has just come", () => {
    const after = withNews(
      listing,
      [is("c"), { kind: "deleted", id: "c" }, { kind: "deleted", id: "a" }],
      NO_FILTER,
    );
    assert.deepEqual([ids(after), after.total], ["b", 4]);
    assert.equal(withNews(listing, [{ kind: "deleted", id: "x" }], NO_FILTER).total, 5);
  });

  it("what does not fit the filter is not listed, and goes when it no longer fits", () => {
    const filter = { ...NO_FILTER, status: "ready" as const };
    const after = withNews(listing, [is("c", { status: "queued" }), is("a", { status: "failed" })], filter);
    assert.deepEqual([ids(after), after.total], ["b", 4]);
  });

  it("news of the index alone leave the list as it is", () => {
    assert.equal(withNews(listing, [{ kind: "index", embedding }], NO_FILTER), listing);
  });
});

describe("the filter", () => {
  it("looks for every word in title and source, in any case", () => {
    const item = document("a", { title: "The River", source: "notes/water.md" });
    for (const query of ["river", "RIVER water", ""])
      assert.ok(matches(item, { ...NO_FILTER, query }), query);
    assert.equal(matches(item, { ...NO_FILTER, query: "river stone" }), false);
  });

  it("takes a folder with those below it, not its namesakes", () => {
    const item = (folder: string) => document("a", { folder });
    const filter = { ...NO_FILTER, folder: "a/b" };
    assert.deepEqual(
      ["a/b", "a/b/c", "a/bc", "a", ""].map((folder) => matches(item(folder), filter)),
      [true, true, false, false, false],
    );
  });
});

it("folders and those above them are choices; addresses are none", () => {
  const items = ["a/b", "a", "", "https://example.org", "c"].map((folder) => document("x", { folder }));
  assert.deepEqual(foldersOf(items), ["a", "a/b", "c"]);
});
