import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { RouterProvider } from "react-router";
import { asProblem } from "../api/problem";
import { onSession, token } from "../api/session";
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

export function App() {
  const held = useSyncExternalStore(onSession, token);
  const [live, setLive] = useState<Live | null>(null);
  useEffect(() => {
    if (!held) {
      queries.clear();
      return;
    }
    const started = new Live(queries);
    setLive(started);
    void started.run();
    return () => started.stop();
  }, [held]);
  if (!held) return <SignIn />;
  return (
    <QueryClientProvider client={queries}>
      <LiveContext.Provider value={live}>
        <RouterProvider router={router} />
      </LiveContext.Provider>
    </QueryClientProvider>
  );
}
