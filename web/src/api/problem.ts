/** What went wrong, in the server's words (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint: string = "",
    readonly request: string = "",
  ) {
    super(message);
    this.name = "Problem";
  }

  /** Whether the same may succeed later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503;
  }
}

/** Read a problem out of an answer that is none of success. */
export function problemOf(status: number, body: unknown): Problem {
  if (typeof body === "object" && body !== null) {
    const { detail, title, hint, request_id: request } = body as Record<string, unknown>;
    const said = [detail, title].find((text) => typeof text === "string") as string | undefined;
    return new Problem(
      status,
      said ?? `the server answered ${status}`,
      typeof hint === "string" ? hint : "",
      typeof request === "string" ? request : "",
    );
  }
  return new Problem(status, `the server answered ${status}`);
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) {
    return new Problem(0, "the server cannot be reached", "is it running? this page tries again by itself");
  }
  return new Problem(500, error instanceof Error ? error.message : String(error));
}
