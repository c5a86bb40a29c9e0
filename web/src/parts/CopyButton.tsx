import { useEffect, useState } from "react";

interface Given {
  /** What is copied, asked for when the button is pressed. */
  text: () => string;
  children: string;
  /** What to do where the browser lends no clipboard, as without TLS. */
  otherwise: string;
}

/** Copies a text, and says whether that was possible. */
export function CopyButton({ text, children, otherwise }: Given) {
  const [said, setSaid] = useState("");
  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      setSaid("Copied");
    } catch {
      setSaid(otherwise);
    }
  }
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), 2500);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <button type="button" className="button small" onClick={() => void copy()}>
      <span aria-live="polite">{said || children}</span>
    </button>
  );
}
