import { useState } from "react";
import { useServer } from "../hooks/useServer";
import { Dialog } from "./Dialog";

const stay = (): void => {};

/** Asks for the server's access token; nothing on the page works without it. */
export function TokenDialog() {
  const { tokenRejected, setToken } = useServer();
  const [token, setText] = useState("");
  return (
    <Dialog label="Access token" className="token-dialog" onClose={stay} isDismissible={false}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== "") setToken(token.trim());
        }}
      >
        <h2>This server asks for a token</h2>
        <p>
          Whoever runs it has set one as <code>RILL_API_TOKEN</code>. It is kept in this browser only.
        </p>
        <label htmlFor="access-token">Access token</label>
        <input
          id="access-token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          aria-invalid={tokenRejected}
          aria-describedby={tokenRejected ? "token-problem" : undefined}
          onChange={(event) => setText(event.target.value)}
        />
        {tokenRejected && (
          <p id="token-problem" className="field-problem" role="alert">
            The server did not accept that token.
          </p>
        )}
        <div className="dialog-actions">
          <button type="submit" className="button primary" disabled={token.trim() === ""}>
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  );
}
