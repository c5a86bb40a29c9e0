/** Server-sent events over fetch, which can send a token; cut off, it goes on after the last event. */

export interface Message {
  event: string;
  data: string;
  id: string;
}

/** Split a stream of text into messages; what is incomplete is returned for the next piece. */
export function messagesOf(text: string): { messages: Message[]; rest: string } {
  const parts = text.split(/\r?\n\r?\n/);
  const rest = parts.pop() ?? "";
  const messages: Message[] = [];
  for (const part of parts) {
    const message: Message = { event: "message", data: "", id: "" };
    for (const line of part.split(/\r?\n/)) {
      const cut = line.indexOf(":");
      if (cut <= 0) continue;
      const value = line.slice(cut + 1).replace(/^ /, "");
      const field = line.slice(0, cut);
      if (field === "event") message.event = value;
      else if (field === "id") message.id = value;
      else if (field === "data") message.data += (message.data ? "\n" : "") + value;
    }
    if (message.data) messages.push(message);
  }
  return { messages, rest };
}

/** Read the messages of an answer until it ends; `heard` is called with every piece, of comments too. */
export async function* readMessages(response: Response, heard: () => void = () => undefined): AsyncGenerator<Message> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const { messages, rest } = messagesOf(held + value);
      held = rest;
      yield* messages;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
