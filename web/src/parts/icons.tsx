/** Icons of the menu, drawn by lines. */

const PATHS = {
  map: "M9 4 3 6v14l6-2 6 2 6-2V4l-6 2-6-2Zm0 0v14m6-12v14",
  add: "M12 5v14M5 12h14",
  jobs: "M4 6h16M4 12h16M4 18h10",
  results: "M4 19V5m0 14h16M7 15l3-6 3 4 4-8",
  data: "M4 7c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3Zm0 0v10c0 1.7 3.6 3 8 3s8-1.3 8-3V7M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
  admin: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm8-3 2-1-1-3-2.3.2-1.2-1.4.8-2.2-2.8-1.3L14 5h-2l-1.5-1.7-2.8 1.3.8 2.2-1.2 1.4L5 8l-1 3 2 1-2 1 1 3 2.3-.2 1.2 1.4-.8 2.2 2.8 1.3L12 19h2",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
