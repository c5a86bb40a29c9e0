export function DatasetPage() {
  return <div className="page"><h1>Dataset</h1></div>;
}
