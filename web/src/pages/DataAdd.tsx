/** Where own data are added: what they are is found out by the server and shown before anything is kept. */
export function DataAdd() {
  return (
    <section className="card data-add">
      <header>
        <h2>Add data</h2>
      </header>
      <p className="soft">
        Files are added on the command line for now: <code>dmod data add NAME FILE …</code>
      </p>
    </section>
  );
}
