import { useEffect, useRef, useState } from "react";
import { moment } from "./format";

const SPEEDS = [2, 6, 12, 24, 72] as const;

export interface ClockProps {
  steps: number;
  step: number;
  /** Moment of a step [s since 1970]. */
  secondsOf: (step: number) => number | null;
  /** Whether a step can be shown at once; one that cannot is fetched then. */
  isHere: (step: number) => boolean;
  onStep: (step: number) => void;
  /** The step that stays: nobody plays or drags any more. */
  onRest: (step: number) => void;
}

/** Goes through the steps of a result: by hand, or by itself. */
export function MapClock({ steps, step, secondsOf, isHere, onStep, onRest }: ClockProps) {
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(6);
  const now = useRef({ step, isHere, onStep, onRest });
  now.current = { step, isHere, onStep, onRest };

  useEffect(() => {
    if (!playing) return;
    let place = now.current.step;
    let before = performance.now();
    let frame = requestAnimationFrame(function go(time) {
      const { step: shown, isHere: here, onStep: show, onRest: rest } = now.current;
      if (Math.floor(place) !== shown) place = shown;
      // a frame's time may lie before the moment at which it was asked for
      const next = Math.min(place + (Math.max(time - before, 0) / 1000) * speed, steps - 1);
      before = time;
      // what has not come yet is waited for, so that nothing is skipped unseen
      if (here(Math.floor(next))) place = next;
      if (Math.floor(place) !== shown) show(Math.floor(place));
      if (place >= steps - 1) {
        setPlaying(false);
        rest(steps - 1);
        return;
      }
      frame = requestAnimationFrame(go);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, speed, steps]);

  function toggle() {
    if (playing) onRest(step);
    else if (step >= steps - 1) onStep(0);
    setPlaying(!playing);
  }

  const text = `${moment(secondsOf(step))} UTC`;
  return (
    <div className="map-clock" role="group" aria-label="Time">
      <button className="button small" onClick={toggle} aria-label={playing ? "Pause" : "Play"}>
        <svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" fill="currentColor">
          <path d={playing ? "M6 4h4v16H6zM14 4h4v16h-4z" : "M7 4v16l13-8z"} />
        </svg>
      </button>
      <input
        type="range"
        className="grow"
        aria-label="Time"
        aria-valuetext={text}
        min={0}
        max={steps - 1}
        value={step}
        onChange={(event) => onStep(Number(event.target.value))}
        onPointerUp={(event) => onRest(Number(event.currentTarget.value))}
        onKeyUp={(event) => onRest(Number(event.currentTarget.value))}
      />
      <select aria-label="Speed" value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
        {SPEEDS.map((one) => (
          <option key={one} value={one}>
            {one} steps/s
          </option>
        ))}
      </select>
      <output className="small">{text}</output>
    </div>
  );
}
