import { describe, expect, it } from "vitest";
import { messagesOf } from "./stream";

describe("messagesOf", () => {
  it("keeps what is incomplete for the next piece", () => {
    const { messages, rest } = messagesOf(': dmod\nretry: 2000\n\nevent: state\ndata: {"a":1}\nid: 7\n\nevent: st');
    expect(messages).toEqual([{ event: "state", data: '{"a":1}', id: "7" }]);
    expect(rest).toBe("event: st");
  });

  it("joins several lines of data, and passes over comments", () => {
    expect(messagesOf("data: a\ndata: b\n\n: alive\n\n").messages).toEqual([{ event: "message", data: "a\nb", id: "" }]);
  });
});
