import type { ReactElement } from "react";
import { act } from "react-dom/test-utils";
import { APIClient } from "../../src/api/client";
import { FakeBrowser, FakeEnvironment, settle } from "../support/fakeEnvironment";
import { json, ScriptedServer } from "../support/scriptedServer";
import { page } from "../documents/samples";
import type { ChatActions, ChatState } from "../../src/store";
import { render, type Rendered } from "./render";

/** A page whose documents come from a scripted server. */
export class DocumentsBench {
  readonly server = new ScriptedServer();
  readonly environment = new FakeEnvironment(this.server.fetch, new FakeBrowser());
  rendered!: Rendered;

  constructor() {
    this.server.on("GET /documents", json(page([]))).on("GET /documents/events", this.server.stream);
  }

  async draw(
    element: ReactElement,
    state: Partial<ChatState> = {},
    actions: Partial<ChatActions> = {},
  ): Promise<HTMLElement> {
    const api = new APIClient(this.environment, () => {});
    const services = { environment: this.environment, api };
    this.rendered = await render(element, state, { ...actions, services });
    await this.settle();
    return this.rendered.page;
  }

  /** Lets requests be answered and drawn. */
  async settle(): Promise<void> {
    await act(settle);
  }

  async hear(...frames: string[]): Promise<void> {
    this.server.last.send(frames.join(""));
    await act(() => this.environment.advance(16));
    await this.settle();
  }
}

export function texts(root: ParentNode, selector: string): string[] {
  return [...root.querySelectorAll(selector)].map((each) => each.textContent ?? "");
}
