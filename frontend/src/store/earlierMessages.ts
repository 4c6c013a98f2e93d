import type { APIClient } from "../api/client";
import type { Environment } from "../stream/environment";
import type { SyncHost } from "./conversationSync";
import type { Thread } from "./thread";

/** How many messages are read at a time: the most that the server gives. */
export const PAGE = 200;

/** Reads what is before the end of a conversation, one page after the other, while the browser has nothing else to do. */
export class EarlierMessages {
  private reading = false;

  constructor(
    private readonly api: APIClient,
    private readonly thread: Thread,
    private readonly host: SyncHost,
    private readonly environment: Pick<Environment, "whenIdle">,
    private readonly left: AbortSignal,
  ) {}

  /** Goes on until all messages are there; throws what the first request that fails does. */
  async read(): Promise<void> {
    const { id } = this.host.state;
    if (this.reading || id === null) return;
    this.reading = true;
    try {
      for (let cursor = this.thread.earlier; cursor !== null; cursor = this.thread.earlier) {
        this.host.update({ earlier: "loading" });
        await new Promise<void>((resolve) => this.environment.whenIdle(resolve));
        if (this.left.aborted) return;
        const page = await this.api.messages(id, PAGE, cursor, this.left);
        // Reading the end again may have come as far as this page.
        if (this.thread.earlier === cursor) this.thread.prepend(page, this.host.writing);
      }
      if (this.host.state.earlier !== "none") this.host.update({ earlier: "none" });
    } catch (error) {
      this.host.update({ earlier: "failed" });
      throw error;
    } finally {
      this.reading = false;
    }
  }
}
