import { bytes, count } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import { Bar } from "./AdminNodes";
import { ALL, MOST, useDatasets } from "./dataList";
import { meaningOf, type Share, sharesOf } from "./dataRecord";

const LARGEST = 8;

/** How much the datasets that one may see take, by category and by owner. */
export function AdminStorage() {
  const found = useDatasets({ ...ALL, every: true, expired: true });
  const here = (found.data?.datasets ?? []).filter((dataset) => !dataset.access_location);
  const elsewhere = (found.data?.datasets.length ?? 0) - here.length;
  const whole = here.reduce((sum, dataset) => sum + dataset.size, 0);
  return (
    <section className="card stack" aria-busy={found.isPending}>
      <header className="admin-header">
        <h2>Storage</h2>
        {found.data && <strong>{bytes(whole)}</strong>}
      </header>
      {found.isError && <Trouble problem={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <div className="skeleton admin-storage" />}
      {found.data && (
        <>
          <div className="columns">
            <Shares title="By category" shares={sharesOf(here, (dataset) => `${dataset.category.toLowerCase()} (${meaningOf(dataset.category)})`)} whole={whole} />
            <Shares title="By owner" shares={sharesOf(here, (dataset) => dataset.owner || "nobody")} whole={whole} />
          </div>
          <p className="small faint">
            Counted are the sizes of the {count(here.length)} versions of datasets that you may see, expired ones included
            {elsewhere > 0 ? `, without ${count(elsewhere)} whose data lie elsewhere` : ""}
            {found.data.isAll ? "" : `; only the first ${count(MOST)} by name`}. Files that several versions share lie in the store once, so that it may take less.
          </p>
        </>
      )}
    </section>
  );
}

function Shares({ title, shares, whole }: { title: string; shares: readonly Share[]; whole: number }) {
  return (
    <div className="half stack admin-shares">
      <h3>{title}</h3>
      {shares.slice(0, LARGEST).map((share) => (
        <Bar key={share.name} label={share.name} part={share.bytes} whole={whole} text={`${bytes(share.bytes)} in ${count(share.datasets)}`} />
      ))}
      {shares.length > LARGEST && <p className="small soft">and {count(shares.length - LARGEST)} more</p>}
      {!shares.length && <p className="soft">Nothing is kept yet.</p>}
    </div>
  );
}
