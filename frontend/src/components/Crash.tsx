/** What is drawn when the page itself has failed. The conversation is on the server; nothing is lost. */
export function Crash() {
  return (
    <main className="crash" role="alert">
      <h1>Something on this page broke</h1>
      <p>Your conversations are kept on the server. Load the page again to go on.</p>
      <button type="button" className="button primary" onClick={() => window.location.reload()}>
        Load again
      </button>
    </main>
  );
}
