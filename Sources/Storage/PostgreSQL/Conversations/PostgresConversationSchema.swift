/// The tables of conversations and settings.
enum PostgresConversationSchema {
  /// Times are milliseconds since 1970, the precision of the wire. JSON that SQL never looks into is text: it comes back
  /// as it went in.
  ///
  /// The owner is never the first column of a key: there may be only one, and a plan made while a table was empty would then
  /// find a row by reading all of them.
  static let tables = """
    CREATE TABLE sessions (
      owner text NOT NULL,
      id uuid NOT NULL,
      title text NOT NULL,
      created_at bigint NOT NULL,
      updated_at bigint NOT NULL,
      PRIMARY KEY (id, owner)
    );
    CREATE INDEX sessions_by_update ON sessions (owner, updated_at, id);

    CREATE TABLE messages (
      sequence bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      owner text NOT NULL,
      id uuid NOT NULL,
      session_id uuid NOT NULL,
      parent_id uuid,
      role text NOT NULL,
      content text NOT NULL,
      status text NOT NULL,
      created_at bigint NOT NULL,
      run_id uuid,
      answer text,
      UNIQUE (id, owner),
      UNIQUE (run_id, owner),
      FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE
    );
    CREATE INDEX messages_by_session ON messages (session_id, owner, sequence);
    CREATE INDEX messages_running ON messages (owner) WHERE status = 'running';

    CREATE TABLE settings (
      owner text NOT NULL,
      key text NOT NULL,
      value text NOT NULL,
      PRIMARY KEY (key, owner)
    );
    """
}
