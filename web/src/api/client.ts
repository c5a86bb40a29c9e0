/** The gateway, by the types of its own description. */

import createClient, { type Middleware } from "openapi-fetch";
import { problemOf } from "./problem";
import type { paths } from "./schema";
import { expire, token } from "./session";

const authorised: Middleware = {
  onRequest({ request }) {
    const held = token();
    if (held) request.headers.set("Authorization", `Bearer ${held}`);
    return request;
  },
  onResponse({ request, response }) {
    if (response.status === 401) refuse(request.headers.get("Authorization"));
  },
};

/** What was asked with a token is refused; an answer that comes after somebody has signed in again means the one before. */
function refuse(shown: string | null): void {
  const held = token();
  if (held && shown === `Bearer ${held}`) expire();
}

export const api = createClient<paths>({ baseUrl: window.location.origin });
api.use(authorised);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Return what was asked for, or throw the problem that came in its place. */
export async function got<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response.status, error);
  return data as T;
}

/** Fetch what is no JSON: logs, tables, files, frames. */
export async function fetched(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const held = token();
  if (held) headers.set("Authorization", `Bearer ${held}`);
  const response = await fetch(path, { ...init, headers });
  if (response.status === 401) refuse(headers.get("Authorization"));
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => null);
    throw problemOf(response.status, body);
  }
  return response;
}

/** Save what a path gives as a file. */
export async function download(path: string, name: string): Promise<void> {
  const content = await (await fetched(path)).blob();
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
