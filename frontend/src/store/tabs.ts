import { asObject, oneOf, stringAt } from "../types/decode";
import type { Environment, TabChannel } from "../stream/environment";

/** What a tab tells the others. */
export type TabMessage =
  /** A run has begun or ended in a conversation. */
  | { kind: "run"; id: string }
  | { kind: "renamed"; id: string; title: string }
  | { kind: "deleted"; id: string }
  /** A document is gone. */
  | { kind: "removed"; id: string };

/** The other tabs of this browser that show the page. Of another version of it they may say what is not understood. */
export class Tabs {
  private readonly channel: TabChannel;

  constructor(environment: Pick<Environment, "joinTabs">, onMessage: (message: TabMessage) => void) {
    this.channel = environment.joinTabs((message) => {
      const read = readMessage(message);
      if (read !== null) onMessage(read);
    });
  }

  tell(message: TabMessage): void {
    this.channel.post(message);
  }

  close(): void {
    this.channel.close();
  }
}

function readMessage(value: unknown): TabMessage | null {
  try {
    const message = asObject(value, "a tab's message");
    const kind = oneOf(["run", "renamed", "deleted", "removed"] as const)(message, "kind");
    const id = stringAt(message, "id");
    return kind === "renamed" ? { kind, id, title: stringAt(message, "title") } : { kind, id };
  } catch {
    return null;
  }
}
