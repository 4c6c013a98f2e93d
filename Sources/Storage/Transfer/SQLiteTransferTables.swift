/// How SQLite reads and writes the rows that are copied.
enum SQLiteTransferTables {
  /// CROSS JOIN keeps SQLite from reading in another order than that of the first table's index.
  static func select(_ table: TransferTable) -> TransferSelect {
    switch table {
    case .sessions: TransferSelect("sessions t", key: [.text("t.id")])
    case .messages:
      TransferSelect(
        "messages t CROSS JOIN sessions ON sessions.id = t.session_id", key: [.int("t.sequence")],
        ["owner": "sessions.owner"])
    case .runs: TransferSelect("runs t", key: [.int("t.sequence")])
    case .runEvents:
      TransferSelect(
        "run_events t CROSS JOIN runs ON runs.sequence = t.run", key: [.int("t.run"), .int("t.last_id")],
        ["owner": "runs.owner", "run_id": "runs.id"])
    case .checkpoints:
      TransferSelect("checkpoints t", key: [.text("t.owner"), .text("t.thread_id"), .int("t.id")])
    case .settings: TransferSelect("settings t", key: [.text("t.owner"), .text("t.key")])
    case .documents, .texts, .textParts, .chunks: document(table)
    case .embeddingModels, .vectors, .spanVectors: vectors(table)
    case .ingestionJobs:
      // Nobody works with the database: what is being read waits.
      TransferSelect(
        "ingestion_jobs t", key: [.int("t.sequence")],
        ["state": "CASE t.state WHEN 'reading' THEN 'queued' ELSE t.state END"])
    case .originals:
      TransferSelect(
        """
        (SELECT owner, content_hash FROM documents UNION SELECT owner, content_hash FROM ingestion_jobs) t
        """, key: [.text("t.owner"), .text("t.content_hash")], ["byte_count": "0"])
    }
  }

  private static func document(_ table: TransferTable) -> TransferSelect {
    let join = "CROSS JOIN documents d ON d.sequence = t.document"
    let columns = ["owner": "d.owner", "document_id": "d.id"]
    return switch table {
    case .texts: TransferSelect("document_texts t \(join)", key: [.int("t.document")], columns)
    case .textParts:
      TransferSelect(
        "document_text_parts t \(join)", key: [.int("t.document"), .int("t.start")], columns)
    case .chunks:
      TransferSelect(
        "chunks t CROSS JOIN documents d ON d.id = t.document_id", key: [.int("t.sequence")],
        ["owner": "d.owner", "title": "d.title"])
    default: TransferSelect("documents t", key: [.int("t.sequence")])
    }
  }

  private static func vectors(_ table: TransferTable) -> TransferSelect {
    guard table != .embeddingModels else {
      return TransferSelect("embedding_models t", key: [.int("t.sequence")], where: "t.is_retired = 0")
    }
    let values = table == .vectors ? "chunk_vector_values" : "chunk_vector_spans"
    return TransferSelect(
      """
      chunk_vectors t CROSS JOIN embedding_models m ON m.sequence = t.model
      CROSS JOIN chunks c ON c.sequence = t.chunk CROSS JOIN \(values) v ON v.vector = t.sequence
      """, key: [.int("t.model"), .int("t.chunk")], where: "m.is_retired = 0",
      ["owner": "m.owner", "model": "m.id", "chunk_id": "c.id", "value": "v.value"])
  }

  /// Statements that add a row; `?1` is its first value. The second one of a vector follows the first.
  static func insert(_ table: TransferTable) -> String {
    let document = "(SELECT sequence FROM documents WHERE id = ?2 AND owner = ?1)"
    return switch table {
    case .sessions: plain(table, into: "sessions")
    case .messages:
      """
      INSERT INTO messages (id, session_id, parent_id, role, content, status, created_at, run_id, answer)
      SELECT ?2, id, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM sessions WHERE id = ?3 AND owner = ?1
      """
    case .runs: plain(table, into: "runs")
    case .runEvents:
      """
      INSERT INTO run_events (run, last_id, first_id, token_count, payload)
      VALUES ((SELECT sequence FROM runs WHERE id = ?2 AND owner = ?1), ?3, ?4, ?5, ?6)
      """
    case .checkpoints: plain(table, into: "checkpoints")
    case .settings: plain(table, into: "settings")
    case .documents: plain(table, into: "documents")
    case .texts: "INSERT INTO document_texts (document, structure) VALUES (\(document), ?3)"
    case .textParts: "INSERT INTO document_text_parts (document, start, bytes) VALUES (\(document), ?3, ?4)"
    case .chunks:
      """
      INSERT INTO chunks (document_id, id, ordinal, title, headings, text, byte_start, byte_end, page)
      SELECT id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM documents WHERE id = ?2 AND owner = ?1
      """
    case .embeddingModels: plain(table, into: "embedding_models")
    case .vectors:
      """
      INSERT INTO chunk_vectors (model, chunk, document, fingerprint)
      SELECT m.sequence, c.sequence, d.sequence, ?5 FROM chunks c
      CROSS JOIN documents d ON d.id = c.document_id AND d.owner = ?1
      CROSS JOIN embedding_models m ON m.owner = ?1 AND m.id = ?2 WHERE c.id = ?3 AND ?4 IS NOT NULL
      """
    case .spanVectors:
      """
      INSERT INTO chunk_vector_spans (vector, value)
      SELECT v.sequence, ?4 FROM chunks c CROSS JOIN embedding_models m ON m.owner = ?1 AND m.id = ?2
      CROSS JOIN chunk_vectors v ON v.model = m.sequence AND v.chunk = c.sequence WHERE c.id = ?3
      """
    case .ingestionJobs: plain(table, into: "ingestion_jobs")
    case .originals: ""
    }
  }

  static let insertVectorValue = "INSERT INTO chunk_vector_values (vector, value) VALUES (?, ?)"

  /// Chunks without a vector wait for one. Those that have one were never put into the queue: the models came after the
  /// chunks.
  static let queue = """
    INSERT INTO embedding_queue (model, created_at, document, chunk)
    SELECT m.sequence, d.created_at, d.sequence, c.sequence
    FROM embedding_models m JOIN documents d ON d.owner = m.owner JOIN chunks c ON c.document_id = d.id
    WHERE NOT EXISTS (SELECT 1 FROM chunk_vectors v WHERE v.model = m.sequence AND v.chunk = c.sequence)
    """

  private static func plain(_ table: TransferTable, into name: String) -> String {
    let columns = table.columns.map(\.name).joined(separator: ", ")
    let values = (1...table.columns.count).map { "?\($0)" }.joined(separator: ", ")
    return "INSERT INTO \(name) (\(columns)) VALUES (\(values))"
  }
}
