import { APIClient } from "../api/client";
import { HeartbeatRate } from "../stream/heartbeatRate";
import { debugLog } from "../stream/debug";
import { browserEnvironment, type Environment } from "../stream/environment";
import type { RunClientDependencies } from "../stream/runClient";
import { Conversation, type ConversationHooks } from "./conversation";
import { ConversationLister } from "./conversationList";
import { canContinue, canRetry } from "./history";
import type { ChatStore } from "./index";
import { isPlace, pathOf, sessionIdOf } from "./routes";
import { ServerMonitor } from "./serverMonitor";
import { INITIAL_STATE, type ChatState, type Place } from "./state";
import { Tabs, type TabMessage } from "./tabs";

/** Characters of the first message that stand in for a title until the server has made one. */
const PROVISIONAL_TITLE = 60;

/** Milliseconds in which the events that tell that the page is seen again belong together. */
const SEEN_ONCE = 50;
/** Milliseconds between two looks; what is seen in between is looked at when they are over. */
const LOOK_INTERVAL = 500;

/** The one store of the page. Nothing happens before `start`. */
export function createChatStore(environment: Environment = browserEnvironment()): ChatStore {
  return new Store(environment);
}

/** Its methods are properties, so that components can pass them on without binding them. */
class Store implements ChatStore {
  private state: ChatState;
  private readonly listeners = new Set<() => void>();
  private readonly api: APIClient;
  private readonly dependencies: RunClientDependencies;
  private readonly lister: ConversationLister;
  private readonly monitor: ServerMonitor;
  private current: Conversation;
  /** Conversations that are still being answered while another one is shown. */
  private readonly background = new Set<Conversation>();
  private readonly endings: (() => void)[] = [];
  private readonly tabs: Tabs;
  private lookedAt = -Infinity;
  private nextLook: (() => void) | null = null;
  private started = false;

  constructor(private readonly environment: Environment) {
    this.api = new APIClient(environment, (hadToken) =>
      this.set({ needsToken: true, tokenRejected: hadToken }),
    );
    this.dependencies = {
      environment,
      api: this.api,
      debug: debugLog(environment),
      heartbeat: new HeartbeatRate(),
    };
    this.lister = new ConversationLister(this.api, () => this.set({ conversations: this.lister.list }));
    this.monitor = new ServerMonitor(environment, this.api, {
      changed: () => this.set({ server: this.monitor.info }),
      cameBack: () => this.serverCameBack(),
    });
    this.tabs = new Tabs(environment, (message) => this.hear(message));
    this.current = this.make(sessionIdOf(environment.location.path()));
    this.services = { environment, api: this.api };
    const { state: current } = this.current;
    this.state = { ...INITIAL_STATE, current, online: environment.isOnline(), place: this.placeNow() };
  }

  readonly services: ChatStore["services"];

  readonly getState = (): ChatState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly canRetry = canRetry;
  readonly canContinue = canContinue;

  readonly start = (): void => {
    if (this.started) return;
    this.started = true;
    const { environment } = this;
    this.endings.push(
      environment.location.onChange(() => this.arrive()),
      environment.onOnlineChange((online) => {
        this.set({ online });
        if (online) this.look();
      }),
      environment.onSeen(() => this.seen()),
    );
    void this.current.load();
    void this.monitor.refresh();
    void this.lister.reload();
  };

  readonly dispose = (): void => {
    for (const end of this.endings) end();
    this.nextLook?.();
    this.tabs.close();
    this.monitor.dispose();
    for (const conversation of [this.current, ...this.background]) conversation.dispose();
    this.background.clear();
    this.listeners.clear();
  };

  readonly newConversation = (): void => {
    this.go("/");
  };

  readonly go = (address: string, how: "push" | "replace" = "push"): void => {
    const { location } = this.environment;
    if (location.path() + location.query() !== address) location[how](address);
    this.arrive();
  };

  readonly documentRemoved = (id: string): void => {
    this.forgetDocument(id);
    this.tabs.tell({ kind: "removed", id });
  };

  readonly open = (id: string): void => {
    this.go(pathOf(id));
  };

  readonly rename = async (id: string, title: string): Promise<string | null> => {
    const before = this.lister.titleOf(id);
    this.retitle(id, title);
    const problem = await this.lister.rename(id, title);
    const after = problem === null ? this.lister.titleOf(id) : before;
    this.retitle(id, after);
    if (problem === null) this.tabs.tell({ kind: "renamed", id, title: after ?? title });
    return problem;
  };

  readonly remove = async (id: string): Promise<string | null> => {
    const problem = await this.lister.remove(id);
    if (problem !== null) return problem;
    this.tabs.tell({ kind: "deleted", id });
    for (const conversation of this.background) {
      if (conversation.state.id === id) this.letGo(conversation);
    }
    if (this.current.state.id === id) {
      this.current.dispose();
      if (this.state.place === null) this.environment.location.replace("/");
      this.current = this.make(null);
      this.publishCurrent();
    }
    return null;
  };

  readonly loadMoreConversations = (): void => void this.lister.loadMore();
  readonly reloadConversations = (): void => void this.lister.reload();
  readonly refreshServer = (): void => void this.monitor.refresh();
  readonly reload = (): void => void this.current.load();
  readonly loadEarlier = (): void => this.current.loadEarlier();
  readonly send = (text: string): boolean => this.current.send(text);
  readonly stop = (): void => this.current.stop();
  readonly edit = (id: string, text: string): boolean => this.current.edit(id, text);
  readonly regenerate = (id: string): void => this.current.regenerate(id);
  readonly showVersion = (id: string): void => this.current.show(id);
  readonly continueAnswer = (): void => this.current.continueAnswer();
  readonly retry = (): void => this.current.retry();
  readonly cancelRetry = (): void => this.current.cancelRetry();
  readonly retryNow = (): void => this.current.retryNow();
  readonly dismissNotice = (): void => this.current.dismissNotice();
  readonly takeDraft = (): string | null => this.current.takeDraft();

  readonly setToken = (token: string): void => {
    this.api.setToken(token);
    this.set({ needsToken: false, tokenRejected: false });
    void this.monitor.refresh();
    void this.lister.reload();
    if (this.current.state.status === "failed") void this.current.load();
  };

  private make(id: string | null): Conversation {
    const hooks: ConversationHooks = {
      changed: (conversation) => {
        if (conversation === this.current) this.publishCurrent();
        else this.publishActive();
      },
      named: (conversation, sessionId, firstMessage) => this.named(conversation, sessionId, firstMessage),
      ownRunChanged: ({ state }) => {
        if (state.id !== null) this.tabs.tell({ kind: "run", id: state.id });
      },
      runEnded: (conversation) => this.runEnded(conversation),
    };
    const title = id === null ? null : this.lister.titleOf(id);
    return new Conversation({ id, title }, this.dependencies, hooks);
  }

  /** Another address is shown. Beside the conversations the one that was open stays, and goes on. */
  private arrive(): void {
    const place = this.placeNow();
    const { place: before } = this.state;
    if (before?.path !== place?.path || before?.query !== place?.query) this.set({ place });
    if (place === null) this.show(sessionIdOf(this.environment.location.path()));
  }

  private placeNow(): Place {
    const { location } = this.environment;
    const path = location.path();
    if (!isPlace(path)) return null;
    return { path, query: location.query() };
  }

  private forgetDocument(id: string): void {
    this.set({ removedDocuments: new Set([...this.state.removedDocuments, id]) });
  }

  private show(id: string | null): void {
    if (id !== null && this.current.state.id === id) {
      if (this.current.state.status === "failed") void this.current.load();
      return;
    }
    const { current } = this;
    if (current.active) this.background.add(current);
    else current.dispose();
    const known = id === null ? undefined : [...this.background].find((other) => other.state.id === id);
    if (known !== undefined) this.background.delete(known);
    this.current = known ?? this.make(id);
    this.publishCurrent();
    if (known === undefined) void this.current.load();
  }

  /** The server has named a new conversation: it gets an address and a place in the list. */
  private named(conversation: Conversation, id: string, firstMessage: string): void {
    if (conversation === this.current && this.state.place === null)
      this.environment.location.replace(pathOf(id));
    const now = new Date(this.environment.now()).toISOString();
    const title = firstMessage.slice(0, PROVISIONAL_TITLE);
    conversation.rename(title);
    this.lister.add({ id, title, created_at: now, updated_at: now });
  }

  private runEnded(conversation: Conversation): void {
    if (this.background.has(conversation)) this.letGo(conversation);
    this.publishActive();
    if (conversation.state.run.status === "failed") void this.monitor.refresh();
    void this.lister.reload().then(() => this.adoptTitle(conversation));
  }

  /** Another tab says what happened there. */
  private hear(message: TabMessage): void {
    const { id } = message;
    const isCurrent = this.current.state.id === id;
    switch (message.kind) {
      case "run":
        // A tab that nobody sees looks for itself when it is seen again.
        if (!this.environment.isVisible()) return;
        if (isCurrent) void this.current.check();
        void this.lister.reload().then(() => isCurrent && this.adoptTitle(this.current));
        break;
      case "renamed":
        this.lister.retitle(id, message.title);
        this.retitle(id, message.title);
        break;
      case "removed":
        this.forgetDocument(id);
        break;
      case "deleted":
        this.lister.forget(id);
        if (isCurrent) this.current.vanish();
        for (const conversation of this.background) {
          if (conversation.state.id === id) this.letGo(conversation);
        }
    }
  }

  private seen(): void {
    const { environment } = this;
    const sinceLook = environment.now() - this.lookedAt;
    if (this.nextLook !== null || sinceLook < SEEN_ONCE) return;
    const lookNow = (): void => {
      this.nextLook = null;
      this.lookedAt = environment.now();
      this.look();
    };
    if (sinceLook >= LOOK_INTERVAL) lookNow();
    else this.nextLook = environment.after(LOOK_INTERVAL - sinceLook, lookNow);
  }

  /** The page is seen again, or has its network back: what has changed elsewhere is shown. */
  private look(): void {
    if (this.monitor.info.status !== "ready") void this.monitor.refresh();
    void this.lister.reload();
    void this.current.check();
  }

  /** The title that the server has made from the first message. */
  private adoptTitle(conversation: Conversation): void {
    const { id } = conversation.state;
    const title = id === null ? null : this.lister.titleOf(id);
    if (title !== null && title !== conversation.state.title) conversation.rename(title);
  }

  private retitle(id: string, title: string | null): void {
    for (const conversation of [this.current, ...this.background]) {
      if (conversation.state.id === id) conversation.rename(title ?? conversation.state.title ?? "");
    }
  }

  private letGo(conversation: Conversation): void {
    this.background.delete(conversation);
    conversation.dispose();
  }

  /** The server is back: what could not be loaded is tried again. */
  private serverCameBack(): void {
    void this.current.check();
    if (this.lister.list.status === "failed") void this.lister.reload();
    if (this.current.state.status === "failed" && !this.current.state.notFound) void this.current.load();
  }

  private publishCurrent(): void {
    this.set({ current: this.current.state, ...this.activePart() });
  }

  private publishActive(): void {
    this.set(this.activePart());
  }

  /** The ids of conversations that are being answered; the same set as long as they are the same. */
  private activePart(): Partial<ChatState> {
    const active = [this.current, ...this.background].filter((conversation) => conversation.active);
    const ids = active.map(({ state }) => state.id).filter((id): id is string => id !== null);
    const { activeSessionIds: before } = this.state;
    const same = ids.length === before.size && ids.every((id) => before.has(id));
    return same ? {} : { activeSessionIds: new Set(ids) };
  }

  private set(part: Partial<ChatState>): void {
    const keys = Object.keys(part) as (keyof ChatState)[];
    if (keys.every((key) => Object.is(this.state[key], part[key]))) return;
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}
