/** How to get something to try with, where the catalog is empty. */
export function ExampleHint() {
  return (
    <>
      To try it first, have the server started by <code>dmod serve --example</code>: it brings a basin, its weather and a gauge.
    </>
  );
}
