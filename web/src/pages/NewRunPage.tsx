export function NewRunPage() {
  return <div className="page"><h1>NewRun</h1></div>;
}
