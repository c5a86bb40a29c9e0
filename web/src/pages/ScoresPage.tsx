import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { api, got } from "../api/client";
import { Scores } from "../parts/Scores";
import { Trouble } from "../parts/Trouble";
import { useTitle } from "../parts/useTitle";
import { addressOf, type DatasetRecord, MOST_COMPARED, referenceOf } from "./dataRecord";

const MANY = 3;

/** Scores of several evaluations beside one another: the address says of which. */
export function ScoresPage() {
  const [search, setSearch] = useSearchParams();
  const of = useMemo(() => [...new Set(search.getAll("of"))].slice(0, MOST_COMPARED), [search]);
  const known = useQuery({
    queryKey: ["data", "list", "EVALUATION"],
    queryFn: async () => (await got(api.GET("/v1/data/datasets", { params: { query: { category: "EVALUATION", limit: 500 } } }))) as unknown as DatasetRecord[],
  });
  const names = (known.data ?? []).map(referenceOf).filter((name) => !of.includes(name));
  useTitle(of.length ? `Scores of ${of.join(", ")}` : "Scores");

  function change(references: readonly string[]) {
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        next.delete("of");
        for (const reference of references) next.append("of", reference);
        return next;
      },
      { replace: true },
    );
  }

  return (
    <div className="page">
      <header>
        <h1>Compare scores</h1>
      </header>
      <section className="card row" aria-label="Evaluations">
        {of.map((reference) => (
          <span key={reference} className="chip">
            <Link to={addressOf(reference)}>{reference}</Link>
            <button className="button quiet chip-close" aria-label={`Leave out ${reference}`} onClick={() => change(of.filter((one) => one !== reference))}>
              ×
            </button>
          </span>
        ))}
        <label className="row">
          {of.length ? "beside it" : "evaluation"}
          <select className="scores-run" value="" disabled={of.length >= MOST_COMPARED} onChange={(event) => change([...of, event.target.value])}>
            <option value="">{known.isPending ? "…" : names.length ? "choose" : of.length ? "there is no other" : "there are no scores yet"}</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {known.isError && <Trouble problem={known.error} />}
      </section>
      {of.length ? <Scores key={of.join("\n")} of={of} locations={MANY} /> : <p className="card empty">Choose datasets of scores. Several stand beside one another, at the locations that they share.</p>}
    </div>
  );
}
