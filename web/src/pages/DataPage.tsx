export function DataPage() {
  return <div className="page"><h1>Data</h1></div>;
}
