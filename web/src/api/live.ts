/** What happens to jobs, as it happens: one stream for the whole page, taken up again when it breaks. */

import type { QueryClient } from "@tanstack/react-query";
import { fetched } from "./client";
import { readMessages } from "./stream";
import { token } from "./session";

export type Link = "connecting" | "live" | "lost";

const LONGEST = 20_000;
const GATHERED = 300;
/** Longer than the server is ever silent: it sends a comment every 15 s. */
const SILENCE = 45_000;

export interface JobEvent {
  sequence: number;
  job: string;
  at: string;
  kind: string;
  actor: string;
  reason: string;
  data: Record<string, unknown>;
}

export class Live {
  state: Link = "connecting";
  private last = 0;
  private stopped = false;
  private controller = new AbortController();
  private silence: ReturnType<typeof setTimeout> | undefined;
  private wake: (() => void) | undefined;
  private changed = new Set<string>();
  private madeData = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private listeners = new Set<() => void>();

  constructor(private readonly queries: QueryClient) {}

  onChange = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  current = (): Link => this.state;

  async run(): Promise<void> {
    let wait = 500;
    globalThis.addEventListener("offline", this.cut);
    globalThis.addEventListener("online", this.goOn);
    while (!this.stopped && token()) {
      try {
        const address = this.last ? `/v1/events?after=${this.last}` : "/v1/events";
        this.controller = new AbortController();
        const response = await fetched(address, { signal: this.controller.signal });
        const wasLost = this.state === "lost";
        this.become("live");
        wait = 500;
        // what was missed while nobody listened is looked at anew
        if (wasLost) void this.queries.invalidateQueries();
        this.listen();
        for await (const message of readMessages(response, this.listen)) this.take(JSON.parse(message.data) as JobEvent);
      } catch {
        if (this.stopped) return;
      }
      clearTimeout(this.silence);
      this.become("lost");
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, wait * (0.75 + Math.random() / 2));
      });
      wait = Math.min(wait * 2, LONGEST);
    }
  }

  stop(): void {
    this.stopped = true;
    globalThis.removeEventListener("offline", this.cut);
    globalThis.removeEventListener("online", this.goOn);
    this.controller.abort();
    this.wake?.();
    clearTimeout(this.timer);
    clearTimeout(this.silence);
  }

  /** Hear that the connection lives; a silent one is taken up anew. */
  private listen = (): void => {
    clearTimeout(this.silence);
    this.silence = setTimeout(this.cut, SILENCE);
  };

  private cut = (): void => this.controller.abort();

  private goOn = (): void => this.wake?.();

  private become(state: Link): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private take(event: JobEvent): void {
    this.last = Math.max(this.last, event.sequence);
    this.changed.add(event.job);
    // a step that has ended may have published something
    this.madeData ||= event.kind === "step" && event.data["to"] === "done";
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const jobs = [...this.changed];
      this.changed.clear();
      void this.queries.invalidateQueries({ queryKey: ["jobs"] });
      if (this.madeData) void this.queries.invalidateQueries({ queryKey: ["data"] });
      this.madeData = false;
      for (const job of jobs) void this.queries.invalidateQueries({ queryKey: ["job", job] });
    }, GATHERED);
  }
}
