import { createContext, useContext, useSyncExternalStore } from "react";
import type { Link, Live } from "../api/live";

export const LiveContext = createContext<Live | null>(null);

const nothing = () => () => undefined;
const connecting = (): Link => "connecting";

/** Whether the page hears of what happens. */
export function useLink(): Link {
  const live = useContext(LiveContext);
  return useSyncExternalStore(live?.onChange ?? nothing, live?.current ?? connecting);
}
