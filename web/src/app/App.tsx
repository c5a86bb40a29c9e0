import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { RouterProvider } from "react-router";
import { asProblem } from "../api/problem";
import { isExpired, onSession, token } from "../api/session";
import { Live } from "../api/live";
import { LiveContext } from "./live";
import { router } from "./routes";
import { SignIn } from "./SignIn";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => asProblem(error).isPassing && count < 4,
      retryDelay: (count) => Math.min(600 * 2 ** count, 8_000),
      refetchOnWindowFocus: true,
    },
  },
});

/** The page; where the token holds no more it waits, as it is, until somebody has signed in again. */
export function App() {
  const held = useSyncExternalStore(onSession, token);
  const expired = useSyncExternalStore(onSession, isExpired);
  const wasIn = useRef(false);
  if (held) wasIn.current = true;
  const isWaiting = !held && expired && wasIn.current;
  const [live, setLive] = useState<Live | null>(null);
  useEffect(() => {
    if (!held) {
      if (!isExpired()) queries.clear();
      return;
    }
    const started = new Live(queries);
    setLive(started);
    void started.run();
    // what was asked for in between was refused
    if (queries.getQueryCache().getAll().length) void queries.invalidateQueries();
    return () => started.stop();
  }, [held]);
  if (!held && !isWaiting) {
    wasIn.current = false;
    return <SignIn />;
  }
  return (
    <>
      {isWaiting && <SignIn isAgain before={queries.getQueryData<{ name: string }>(["me"])?.name} />}
      <div style={{ display: isWaiting ? "none" : "contents" }}>
        <QueryClientProvider client={queries}>
          <LiveContext.Provider value={live}>
            <RouterProvider router={router} />
          </LiveContext.Provider>
        </QueryClientProvider>
      </div>
    </>
  );
}
