import { useEffect } from "react";

/** Name the page in the browser's tab. */
export function useTitle(text: string): void {
  useEffect(() => {
    document.title = text ? `${text} · dmod` : "dmod";
  }, [text]);
}
