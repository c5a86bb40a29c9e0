import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { NavLink, Outlet } from "react-router";
import { api, got } from "../api/client";
import { signOut } from "../api/session";
import { Icon, type IconName } from "../parts/icons";
import { useLink } from "./live";
import { applyTheme, chosenTheme, type Theme } from "./theme";

const MENU: { to: string; icon: IconName; text: string }[] = [
  { to: "/", icon: "map", text: "Map" },
  { to: "/new", icon: "add", text: "New run" },
  { to: "/jobs", icon: "jobs", text: "Jobs" },
  { to: "/results", icon: "results", text: "Results" },
  { to: "/data", icon: "data", text: "Data" },
  { to: "/admin", icon: "admin", text: "Server" },
];

export function useMe() {
  return useQuery({ queryKey: ["me"], queryFn: () => got(api.GET("/v1/me")), staleTime: 60_000 });
}

export function Layout() {
  const link = useLink();
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="side">
        <NavLink className="brand" to="/">
          <img src="/icon.svg" alt="" />
          dmod
        </NavLink>
        <nav aria-label="Pages">
          {MENU.map((item) => (
            <NavLink key={item.to} to={item.to} end={item.to === "/"}>
              <Icon name={item.icon} />
              {item.text}
            </NavLink>
          ))}
        </nav>
        <Foot />
      </header>
      <main className="main" id="content">
        <Outlet />
      </main>
      {link === "lost" && (
        <div className="notice warn link-lost" role="status">
          The server does not answer. This page goes on by itself as soon as it does; nothing is lost.
        </div>
      )}
    </div>
  );
}

function Foot() {
  const me = useMe();
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const other: Theme = theme === "dark" ? "light" : "dark";
  return (
    <div className="foot small">
      <span className="soft break">
        {me.data ? `${me.data.user} · ${me.data.role}` : " "}
      </span>
      <button
        className="button small"
        onClick={() => {
          setTheme(other);
          applyTheme(other, true);
        }}
      >
        {other === "dark" ? "Dark" : "Light"} colours
      </button>
      <button className="button small" onClick={signOut}>
        Sign out
      </button>
    </div>
  );
}
