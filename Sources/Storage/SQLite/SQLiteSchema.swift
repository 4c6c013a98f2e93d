import GRDB
import Graph

/// The tables, as a list of steps that only ever grows.
enum SQLiteSchema {
  /// Brings a database up to date.
  /// - Throws: ``StoreError`` with ``StoreError/Code/newerSchema`` when a newer Rill made it; nothing is touched then.
  static func migrate(_ writer: any DatabaseWriter) throws {
    let migrator = migrator
    guard try !writer.read(migrator.hasBeenSuperseded) else {
      throw StoreError(
        .newerSchema,
        "The data folder was made by a newer version of Rill. Update Rill, or choose another data folder.")
    }
    try migrator.migrate(writer)
  }

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 conversations") { try $0.execute(sql: conversations) }
    migrator.registerMigration("1 knowledge") { try $0.execute(sql: knowledge) }
    migrator.registerMigration("1 settings") { try $0.execute(sql: settings) }
    migrator.registerMigration("2 runs", migrate: SQLiteRunSchema.create)
    migrator.registerMigration("3 knowledge", migrate: SQLiteKnowledgeSchema.create)
    migrator.registerMigration("4 owners", migrate: SQLiteOwnerSchema.create)
    return migrator
  }

  private static let conversations = """
    CREATE TABLE sessions (
      id TEXT PRIMARY KEY NOT NULL,
      title TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    );
    CREATE INDEX sessions_by_update ON sessions (updated_at, id);

    CREATE TABLE messages (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
      parent_id TEXT,
      role TEXT NOT NULL,
      content TEXT NOT NULL,
      status TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      run_id TEXT UNIQUE,
      answer TEXT
    );
    CREATE INDEX messages_by_session ON messages (session_id, sequence);
    CREATE INDEX messages_running ON messages (sequence) WHERE status = 'running';
    """

  private static let settings = """
    CREATE TABLE settings (
      key TEXT PRIMARY KEY NOT NULL,
      value TEXT NOT NULL
    );
    """

  /// `chunks_fts` holds only the index; its text is that of `chunks`, which therefore repeats the document's title.
  private static let knowledge = """
    CREATE TABLE documents (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      title TEXT NOT NULL,
      source TEXT NOT NULL UNIQUE,
      media_type TEXT NOT NULL,
      content_hash TEXT NOT NULL UNIQUE,
      byte_count INTEGER NOT NULL,
      chunk_count INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    );
    CREATE INDEX documents_by_time ON documents (created_at);

    CREATE TABLE chunks (
      sequence INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
      ordinal INTEGER NOT NULL,
      title TEXT NOT NULL,
      headings TEXT NOT NULL,
      text TEXT NOT NULL,
      byte_start INTEGER NOT NULL,
      byte_end INTEGER NOT NULL,
      UNIQUE (document_id, ordinal)
    );

    CREATE VIRTUAL TABLE chunks_fts USING fts5 (
      title, headings, text,
      content = 'chunks', content_rowid = 'sequence',
      tokenize = 'porter unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER chunks_index AFTER INSERT ON chunks BEGIN
      INSERT INTO chunks_fts (rowid, title, headings, text)
      VALUES (new.sequence, new.title, new.headings, new.text);
    END;
    CREATE TRIGGER chunks_unindex AFTER DELETE ON chunks BEGIN
      INSERT INTO chunks_fts (chunks_fts, rowid, title, headings, text)
      VALUES ('delete', old.sequence, old.title, old.headings, old.text);
    END;
    """
}
