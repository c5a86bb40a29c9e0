export function ResultsPage() {
  return <div className="page"><h1>Results</h1></div>;
}
