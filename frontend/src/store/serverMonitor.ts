import type { APIClient } from "../api/client";
import { ProblemError } from "../api/errors";
import type { Environment } from "../stream/environment";
import type { Readiness } from "../types/rest";
import type { ServerInfo } from "./state";

/** Milliseconds between questions while the server is not ready. */
const RECHECK = 5000;

/** Knows whether the server is there and ready, and asks again while it is not and somebody sees the page. */
export class ServerMonitor {
  info: ServerInfo = { status: "unknown", provider: null, model: null, message: null, documents: null };
  private cancelRecheck: (() => void) | null = null;
  private asking = false;
  private disposed = false;

  constructor(
    private readonly environment: Pick<Environment, "after" | "isVisible">,
    private readonly api: APIClient,
    private readonly hooks: { changed(): void; cameBack(): void },
  ) {}

  async refresh(): Promise<void> {
    if (this.asking || this.disposed) return;
    this.asking = true;
    this.cancelRecheck?.();
    const before = this.info.status;
    this.info = await this.ask();
    this.asking = false;
    if (this.disposed) return;
    this.hooks.changed();
    const { status } = this.info;
    if (status === "ready" && before === "unreachable") this.hooks.cameBack();
    if (status === "unavailable" || status === "unreachable") {
      this.recheckLater();
    }
  }

  private recheckLater(): void {
    this.cancelRecheck = this.environment.after(RECHECK, () => {
      if (this.environment.isVisible()) void this.refresh();
      else this.recheckLater();
    });
  }

  dispose(): void {
    this.disposed = true;
    this.cancelRecheck?.();
  }

  private async ask(): Promise<ServerInfo> {
    try {
      return infoOf(await this.api.readiness());
    } catch (error) {
      // An access token is missing: that has its own place on the page.
      if (error instanceof ProblemError && error.problem.status === 401)
        return { ...this.info, status: "unknown" };
      const message = "The server cannot be reached.";
      return { ...this.info, status: "unreachable", message };
    }
  }
}

function infoOf({ status, provider, model, checks, documents }: Readiness): ServerInfo {
  const failed = [checks.store, checks.model].find((check) => !check.ok);
  const message = status === "ready" ? null : (failed?.message ?? "The server is not ready.");
  return { status, provider, model, message, documents };
}
