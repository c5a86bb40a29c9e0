import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, got } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { gateway, isCancelled, patiently, type Progress, sendAll, type Source } from "./uploading";

/** What is said of data that are brought. */
export interface Said {
  name: string;
  category?: string;
  format?: string;
  description?: string;
  another?: boolean;
  unpack?: boolean;
}

/** What the server knows of a dataset that was made of an upload. */
export interface Brought {
  name: string;
  reference: string;
  category: string;
  format: string;
  description: string;
  facts: Record<string, unknown>;
}

export type Stage = "idle" | "sending" | "committing" | "stopped" | "done";

interface State {
  stage: Stage;
  progress: Progress | null;
  problem: Problem | null;
  brought: Brought | null;
}

const IDLE: State = { stage: "idle", progress: null, problem: null, brought: null };

/** An upload: begun once, gone on with after a failure, committed as a dataset, or given up. */
export function useUpload(done: (brought: Brought) => void) {
  const queries = useQueryClient();
  const [state, setState] = useState<State>(IDLE);
  const upload = useRef<string | null>(null);
  const isSent = useRef(false);
  /** Whether it was committed, perhaps, and the answer was lost. */
  const mayBeDone = useRef(false);
  const controller = useRef<AbortController | null>(null);
  useEffect(() => () => controller.current?.abort(), []);

  async function run(sources: Source[], said: Said): Promise<void> {
    const mine = new AbortController();
    controller.current = mine;
    setState({ ...IDLE, stage: "sending" });
    try {
      const waits = (waiting: string) => setState((old) => ({ ...old, progress: { path: "", sent: 0, total: 0, waiting } }));
      upload.current ??= await patiently(() => gateway.begin(), { signal: mine.signal, waits });
      if (!isSent.current) {
        await sendAll(upload.current, sources, { signal: mine.signal, told: (progress) => setState((old) => ({ ...old, progress })) });
        isSent.current = true;
      }
      setState((old) => ({ ...old, stage: "committing" }));
      const found = await commit(upload.current, said, mine.signal);
      forget();
      const brought = broughtOf(said.name, found);
      setState({ ...IDLE, stage: "done", brought });
      void queries.invalidateQueries({ queryKey: ["data"] });
      done(brought);
    } catch (error) {
      if (mine.signal.aborted || isCancelled(error)) return;
      const problem = asProblem(error);
      // the server may have forgotten it meanwhile: then it is begun anew
      if (problem.status === 404) forget();
      setState((old) => ({ ...old, stage: "stopped", problem }));
    }
  }

  async function commit(id: string, said: Said, signal: AbortSignal): Promise<unknown> {
    try {
      const path = { params: { path: { upload: id } } };
      return await got(api.POST("/v1/data/uploads/{upload}/commit", { ...path, body: said as never, signal }));
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status === 404 && mayBeDone.current) {
        // the answer was lost, not the dataset
        return got(api.GET("/v1/data/datasets/{reference}", { params: { path: { reference: said.name } } }));
      }
      mayBeDone.current = problem.isPassing;
      throw error;
    }
  }

  function forget(): void {
    mayBeDone.current = false;
    upload.current = null;
    isSent.current = false;
  }

  function giveUp(): void {
    controller.current?.abort();
    if (upload.current) void got(api.DELETE("/v1/data/uploads/{upload}", { params: { path: { upload: upload.current } } })).catch(() => undefined);
    forget();
    setState(IDLE);
  }

  return { ...state, run, giveUp };
}

function broughtOf(name: string, found: unknown): Brought {
  const facts = (typeof found === "object" && found !== null ? found : {}) as Record<string, unknown>;
  const text = (key: string, other = "") => (typeof facts[key] === "string" ? facts[key] : other);
  const domain = facts["domain"];
  const inner = typeof domain === "object" && domain !== null ? (domain as Record<string, unknown>)["data_format"] : undefined;
  return {
    name: text("name", name),
    reference: text("reference", text("name", name)),
    category: text("category"),
    format: text("format", typeof inner === "string" ? inner : ""),
    description: text("description"),
    facts,
  };
}
