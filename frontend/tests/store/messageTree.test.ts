import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { branchOf, NO_CHOICES, renamed, ROOT, withChoice, withoutMessage } from "../../src/store/messageTree";
import type { Message, MessageStatus } from "../../src/types/rest";
import { seededRandom } from "../support/random";

/** "a2<q1" is the answer a2 under q1; questions begin with q. What follows "!" is its status, without a text. */
function tree(...lines: string[]): Message[] {
  return lines.map((line) => {
    const [place = "", status = "done"] = line.split("!");
    const [id = "", parent] = place.split("<");
    return {
      id,
      session_id: "session",
      parent_id: parent ?? null,
      role: id.startsWith("q") ? "user" : "assistant",
      content: line.includes("!") ? "" : id,
      status: status as MessageStatus,
      created_at: "2026-01-02T03:04:05.678Z",
    };
  });
}

const shown = (all: readonly Message[], choices = NO_CHOICES, end: string | null = null): string =>
  branchOf(all, choices, end)
    .messages.map(({ id }) => id)
    .join(" ");

const counted = (all: readonly Message[], choices = NO_CHOICES): string[] =>
  [...branchOf(all, choices).versions].map(([id, { number, count }]) => `${id} ${number}/${count}`);

const linear = tree("q1", "a1<q1", "q2<a1", "a2<q2");
const regenerated = [...linear, ...tree("a3<q2")];
const edited = [...linear, ...tree("q3<a1", "a3<q3")];

describe("the branch that is shown", () => {
  it("is the conversation where nothing was edited or written again", () => {
    assert.equal(shown(linear), "q1 a1 q2 a2");
    assert.deepEqual(counted(linear), []);
    assert.equal(shown([]), "");
  });

  it("leads to the newest message", () => {
    assert.equal(shown(regenerated), "q1 a1 q2 a3");
    assert.equal(shown(edited), "q1 a1 q3 a3");
    assert.equal(shown([...edited, ...tree("q4<a2")]), "q1 a1 q2 a2 q4");
  });

  it("is the one that was chosen, from there on the newest", () => {
    assert.equal(shown(edited, withChoice(edited, NO_CHOICES, "q2")), "q1 a1 q2 a2");
    const longer = [...edited, ...tree("q4<a3", "a4<q4")];
    const old = withChoice(longer, NO_CHOICES, "q2");
    assert.equal(shown(longer, old), "q1 a1 q2 a2");
    assert.equal(shown(longer, withChoice(longer, old, "q3")), "q1 a1 q3 a3 q4 a4");
  });

  it("remembers what was chosen further down", () => {
    const all = [...edited, ...tree("a5<q3", "a6<q2")];
    const choices = withChoice(all, withChoice(all, NO_CHOICES, "a3"), "q2");
    assert.equal(shown(all, choices), "q1 a1 q2 a6");
    assert.equal(shown(all, withChoice(all, choices, "q3")), "q1 a1 q3 a3");
  });

  it("ends with the question that is being answered, wherever it is", () => {
    assert.equal(shown(edited, NO_CHOICES, "q2"), "q1 a1 q2");
    assert.equal(shown(edited, withChoice(edited, NO_CHOICES, "q3"), "q1"), "q1");
    assert.equal(shown(edited, NO_CHOICES, "nowhere"), "q1 a1 q3 a3");
  });

  it("is not misled by choices of messages that are gone", () => {
    assert.equal(
      shown(
        linear,
        new Map([
          [ROOT, "gone"],
          ["a1", "gone"],
        ]),
      ),
      "q1 a1 q2 a2",
    );
  });

  it("begins with the first question, of which there may be several", () => {
    const all = [...linear, ...tree("q9", "a9<q9")];
    assert.equal(shown(all), "q9 a9");
    assert.deepEqual(counted(all), ["q9 2/2"]);
  });
});

describe("versions", () => {
  it("are counted in the order in which they came, and lead to each other", () => {
    const { versions } = branchOf(edited, withChoice(edited, NO_CHOICES, "q2"));
    assert.deepEqual(versions.get("q2"), { number: 1, count: 2, previous: null, next: "q3" });
    assert.deepEqual(branchOf(edited, NO_CHOICES).versions.get("q3"), {
      number: 2,
      count: 2,
      previous: "q2",
      next: null,
    });
  });

  it("are not answers that failed, or were stopped, before their first word", () => {
    const failed = [...linear, ...tree("a3<q2!error", "a4<q2!cancelled")];
    assert.equal(shown(failed), "q1 a1 q2 a2");
    assert.deepEqual(counted(failed), []);
    assert.deepEqual(counted([...failed, ...tree("a5<q2")]), ["a5 2/2"]);
  });

  it("are interrupted ones without a word: they can be gone on with", () => {
    assert.deepEqual(counted([...linear, ...tree("a3<q2!interrupted")]), ["a3 2/2"]);
  });

  it("a failed answer is shown where there is no other, or where it was chosen", () => {
    const only = tree("q1", "a1<q1!error", "a2<q1!error");
    assert.equal(shown(only), "q1 a2");
    assert.deepEqual(counted(only), []);
    const after = [...linear, ...tree("a3<q2!error")];
    const choices = withChoice(after, NO_CHOICES, "a3");
    assert.equal(shown(after, choices), "q1 a1 q2 a3");
    assert.deepEqual(counted(after, choices), ["a3 2/2"]);
  });
});

describe("changes of the tree", () => {
  it("a message that gets its id from the server keeps what stands under it", () => {
    const all = tree("q1", "a1<q1", "local<a1", "a2<local");
    assert.equal(shown(renamed(all, "local", { id: "q2" })), "q1 a1 q2 a2");
  });

  it("a message that the server has under that id already is not there twice", () => {
    const all = [...tree("q1", "a1<q1!error"), ...tree("local<a1")];
    assert.deepEqual(
      renamed(all, "local", { id: "q1" }).map(({ id }) => id),
      ["q1", "a1"],
    );
  });

  it("a message that goes takes with it what stands under it", () => {
    assert.deepEqual(
      withoutMessage(edited, "q2").map(({ id }) => id),
      ["q1", "a1", "q3", "a3"],
    );
  });
});

describe("any tree", () => {
  it("has a branch of parents and children, and every message can be reached by going through versions", () => {
    const random = seededRandom(11);
    for (let round = 0; round < 200; round += 1) {
      const all: Message[] = [];
      for (let index = 0; index < 1 + random() * 30; index += 1) {
        const parent = random() < 0.1 ? undefined : all[Math.floor(random() * all.length)];
        const role = parent?.role === "user" ? "a" : "q";
        all.push(...tree(parent === undefined ? `q${index}` : `${role}${index}<${parent.id}`));
      }
      for (const { id } of all) {
        const { messages, versions } = branchOf(all, withChoice(all, NO_CHOICES, id));
        assert.ok(
          messages.some((message) => message.id === id),
          "it is shown when it is chosen",
        );
        messages.forEach((message, index) => {
          assert.equal(message.parent_id, messages[index - 1]?.id ?? null);
          const siblings = all.filter(({ parent_id: parent }) => parent === message.parent_id);
          assert.equal(versions.get(message.id)?.count ?? 1, siblings.length);
        });
      }
      const newest = all[all.length - 1];
      assert.equal(branchOf(all, NO_CHOICES).messages.slice(-1)[0], newest);
    }
  });

  it("with a circle, or with a parent that is not there, is drawn all the same", () => {
    assert.equal(shown(tree("a1<q1", "q1<a1")), "a1 q1");
    assert.equal(shown(tree("q1", "q2<gone")), "q2");
  });
});
