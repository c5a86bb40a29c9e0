import { faultAt, type Fault } from "./newFaults";
import type { Form } from "./newDraft";
import { type DatasetRecord, countOf } from "./newDatasets";
import { count } from "../parts/format";
import { chosenHours, type Hours, hoursOf, inWords, lengthInWords, offers, textOf, timeOf } from "./newPeriod";
import { textAt } from "./newRequest";
import { Field } from "../parts/Field";

interface Given {
  form: Form;
  faults: Fault[];
  /** What data cover, in order; empty where it is not known. */
  covered: Hours[];
  forcings: DatasetRecord[];
  isKnown: boolean;
}

export function NewPeriodStep({ form, faults, covered, forcings, isKnown }: Given) {
  const isPackage = form.way === "package";
  const isWhole = isPackage && form.request["period"] === undefined;
  const hasPackage = textAt(form.request, "package") !== "";
  const longest = [...covered].sort((a, b) => b.last - b.first - (a.last - a.first))[0];
  const choose = (hours: Hours) => form.set("period", { start: textOf(hours.first), end: textOf(hours.last) });
  const { start, end } = chosenHours(form.request);
  return (
    <section className="card stack new-step" id="period" aria-labelledby="period-title">
      <h2 id="period-title">Period</h2>
      {isPackage && !hasPackage && <p className="soft">Choose a package first: its forcing says which hours there are.</p>}
      {covered.length > 0 && (
        <p className="soft">
          {isPackage ? "The package" : "Forcing"} covers {covered.map(inWords).join("; and ")}.
        </p>
      )}
      {!isPackage && isKnown && !forcings.length && (
        <p className="notice warn">
          The catalog has no forcing of its own. A run from a place needs some: bring it under <a href="#own-data">own data</a>, or take a
          run package. The check below says whether the server can get it elsewhere.
        </p>
      )}
      {!isPackage && forcings.length > 0 && <Forcings forcings={forcings} />}
      {isPackage && hasPackage && (
        <div className="row" role="radiogroup" aria-label="Part of the package">
          <label className="new-check">
            <input type="radio" name="whole" checked={isWhole} onChange={() => form.set("period", undefined)} />
            all that it covers
          </label>
          <label className="new-check">
            <input type="radio" name="whole" checked={!isWhole} onChange={() => longest && choose(longest)} />a part of it
          </label>
        </div>
      )}
      {!isWhole && (
        <>
          {longest && (
            <div className="row">
              {offers(longest).map((offer) => (
                <button
                  key={offer.text}
                  className="button small"
                  aria-pressed={start === offer.hours.first && end === offer.hours.last}
                  onClick={() => choose(offer.hours)}
                >
                  {offer.text}
                </button>
              ))}
            </div>
          )}
          <div className="new-pair">
            <Moment form={form} path="period.start" label="First hour" covered={covered} fault={faultAt(faults, "period.start", "period")} />
            <Moment form={form} path="period.end" label="Last hour, included" covered={covered} fault={faultAt(faults, "period.end")} />
          </div>
          {start !== null && end !== null && start <= end && (
            <p className="small soft" role="status">
              {lengthInWords({ first: start, last: end })} are run. Times are UTC.
            </p>
          )}
          {covered.length > 0 && <Bar covered={covered} start={start} end={end} />}
        </>
      )}
    </section>
  );
}

function Forcings({ forcings }: { forcings: DatasetRecord[] }) {
  return (
    <ul className="new-lines small">
      {forcings.slice(0, 12).map((item) => {
        const hours = hoursOf(item);
        const catchments = countOf(item, "CATCHMENT_ID");
        return (
          <li key={item.name} className="break">
            <strong>{item.name}</strong> <span className="soft">{hours ? inWords(hours) : "no hours stated"}</span>
            {catchments > 0 && <span className="faint"> · {count(catchments)} catchments</span>}
          </li>
        );
      })}
      {forcings.length > 12 && <li className="faint">and {forcings.length - 12} more</li>}
    </ul>
  );
}

/** A day and an hour, UTC; what is written otherwise is left as it is, as text. */
function Moment({ form, path, label, covered, fault }: { form: Form; path: string; label: string; covered: Hours[]; fault: string }) {
  const text = textAt(form.request, path);
  const time = timeOf(text);
  const [least, most] = [covered[0]?.first, covered.at(-1)?.last];
  if (text && time === null) {
    return (
      <Field label={label} fault={fault} hint="written as 2015-10-01 06:00, UTC">
        {(props) => <input {...props} value={text} onChange={(event) => form.set(path, event.target.value)} />}
      </Field>
    );
  }
  const shown = time === null ? "" : textOf(time);
  const [day = "", hour = ""] = shown ? shown.split(" ") : [];
  const write = (nextDay: string, nextHour: string) => form.set(path, nextDay ? `${nextDay} ${nextHour || "00:00"}` : undefined);
  const hours = Array.from({ length: 24 }, (_, index) => `${String(index).padStart(2, "0")}:00`);
  if (hour && !hours.includes(hour)) hours.unshift(hour);
  const isOut = (option: string) => {
    const moment = day ? timeOf(`${day} ${option}`) : null;
    return moment !== null && covered.length > 0 && !covered.some((range) => moment >= range.first && moment <= range.last);
  };
  return (
    <Field label={label} fault={fault}>
      {(props) => (
        <div className="new-moment">
          <input
            {...props}
            type="date"
            min={least === undefined ? undefined : textOf(least).slice(0, 10)}
            max={most === undefined ? undefined : textOf(most).slice(0, 10)}
            value={day}
            onChange={(event) => write(event.target.value, hour)}
          />
          <select aria-label={`${label}: hour, UTC`} disabled={!day} value={hour} onChange={(event) => write(day, event.target.value)}>
            {!hour && <option value="">–</option>}
            {hours.map((option) => (
              <option key={option} disabled={isOut(option) && option !== hour}>
                {option}
              </option>
            ))}
          </select>
        </div>
      )}
    </Field>
  );
}

/** What is covered, and what of it is chosen, on one line. */
function Bar({ covered, start, end }: { covered: Hours[]; start: number | null; end: number | null }) {
  const first = Math.min(covered[0]?.first ?? 0, start ?? Infinity);
  const last = Math.max(covered.at(-1)?.last ?? 0, end ?? -Infinity);
  const whole = Math.max(last - first, 1);
  const place = (from: number, to: number) => ({ left: `${(100 * (from - first)) / whole}%`, width: `${Math.max((100 * (to - from)) / whole, 0.6)}%` });
  return (
    <div aria-hidden="true">
      <div className="new-bar">
        {covered.map((range) => (
          <i key={range.first} className="covered" style={place(range.first, range.last)} />
        ))}
        {start !== null && end !== null && start <= end && <i className="chosen" style={place(start, end)} />}
      </div>
      <div className="new-bar-ends small faint">
        <span>{textOf(first)}</span>
        <span>{textOf(last)}</span>
      </div>
    </div>
  );
}
