import { createBrowserRouter, isRouteErrorResponse, Link, useRouteError } from "react-router";
import { Trouble } from "../parts/Trouble";
import { Layout } from "./Layout";

function Lost() {
  const error = useRouteError();
  const isMissing = isRouteErrorResponse(error) && error.status === 404;
  return (
    <div className="page">
      <h1>{isMissing ? "There is no such page" : "This page cannot be shown"}</h1>
      {!isMissing && <Trouble problem={error} retry={() => window.location.reload()} />}
      <p>
        <Link to="/">To the map</Link>
      </p>
    </div>
  );
}

export const router = createBrowserRouter([
  {
    element: <Layout />,
    hydrateFallbackElement: <div className="page" aria-busy="true" />,
    children: [
      {
        errorElement: <Lost />,
        children: [
          { path: "/", lazy: async () => ({ Component: (await import("../pages/MapPage")).MapPage }) },
          { path: "/new", lazy: async () => ({ Component: (await import("../pages/NewRunPage")).NewRunPage }) },
          { path: "/jobs", lazy: async () => ({ Component: (await import("../pages/JobsPage")).JobsPage }) },
          { path: "/jobs/:id", lazy: async () => ({ Component: (await import("../pages/JobPage")).JobPage }) },
          { path: "/results", lazy: async () => ({ Component: (await import("../pages/ResultsPage")).ResultsPage }) },
          { path: "/scores", lazy: async () => ({ Component: (await import("../pages/ScoresPage")).ScoresPage }) },
          { path: "/data", lazy: async () => ({ Component: (await import("../pages/DataPage")).DataPage }) },
          { path: "/data/:reference", lazy: async () => ({ Component: (await import("../pages/DatasetPage")).DatasetPage }) },
          { path: "/admin", lazy: async () => ({ Component: (await import("../pages/AdminPage")).AdminPage }) },
          { path: "*", loader: () => { throw new Response("", { status: 404 }); } },
        ],
      },
    ],
  },
]);
