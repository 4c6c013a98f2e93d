/// How PostgreSQL reads the rows that are copied.
enum PostgresTransferTables {
  static func select(_ table: TransferTable) -> TransferSelect {
    switch table {
    case .sessions: TransferSelect("sessions t", key: [.text("t.owner"), .id("t.id")])
    case .messages: TransferSelect("messages t", key: [.int("t.sequence")])
    case .runs: TransferSelect("runs t", key: [.int("t.sequence")])
    case .runEvents:
      TransferSelect(
        "run_events t JOIN runs r ON r.sequence = t.run", key: [.int("t.run"), .int("t.last_id")],
        ["owner": "r.owner", "run_id": "r.id"])
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
      // A file that nothing needs is about to be removed.
      TransferSelect(
        "originals t", key: [.text("t.owner"), .text("t.content_hash")],
        where: """
          t.saved_at IS NOT NULL AND (
            EXISTS (SELECT FROM documents d WHERE d.owner = t.owner AND d.content_hash = t.content_hash)
            OR EXISTS (SELECT FROM ingestion_jobs j WHERE j.owner = t.owner AND j.content_hash = t.content_hash)
          )
          """)
    }
  }

  private static func document(_ table: TransferTable) -> TransferSelect {
    let join = "JOIN documents d ON d.sequence = t.document"
    let columns = ["owner": "d.owner", "document_id": "d.id"]
    return switch table {
    case .texts: TransferSelect("document_texts t \(join)", key: [.int("t.document")], columns)
    case .textParts:
      TransferSelect(
        "document_text_parts t \(join)", key: [.int("t.document"), .int("t.start")], columns)
    case .chunks:
      TransferSelect(
        "chunks t \(join)", key: [.int("t.sequence")], ["document_id": "d.id", "title": "d.title"])
    default: TransferSelect("documents t", key: [.int("t.sequence")])
    }
  }

  private static func vectors(_ table: TransferTable) -> TransferSelect {
    guard table != .embeddingModels else {
      return TransferSelect("embedding_models t", key: [.int("t.sequence")], where: "NOT t.is_retired")
    }
    let name = table == .vectors ? "chunk_vectors" : "chunk_vector_spans"
    return TransferSelect(
      "\(name) t JOIN embedding_models m ON m.sequence = t.model JOIN chunks c ON c.sequence = t.chunk",
      key: [.int("t.model"), .int("t.chunk")], where: "NOT m.is_retired",
      [
        "owner": "m.owner", "model": "m.id", "chunk_id": "c.id",
        "value": table == .vectors ? "t.embedding::real[]" : "t.value",
      ])
  }
}
