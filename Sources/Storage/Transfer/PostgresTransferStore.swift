import Foundation
import Graph
import Postgres

/// A PostgreSQL database that rows are read from, within one transaction.
struct PostgresTransferReader: TransferReader {
  let connection: PostgresConnection
  /// Whether there are tables of vectors.
  let hasVectors: Bool

  func page(of table: TransferTable, after position: [TransferValue]?) async throws -> TransferPage {
    guard hasVectors || !table.isOfVectors else { return TransferPage(rows: [], end: nil) }
    let select = PostgresTransferTables.select(table)
    let kinds = (select.key + table.columns).map(\.kind)
    let result = try await connection.query(
      select.sql(table, continues: position != nil) { "$\($0)" }, (position ?? []).map(PostgresValue.init(_:))
    )
    return select.page(
      table, try result.map { row in try kinds.enumerated().map { try TransferValue(row, $0, $1) } })
  }

  func part(of original: TransferOriginal, from offset: Int) async throws -> Data {
    let size = PostgresOriginalStore.partSize
    let rows = try await connection.query(
      """
      SELECT substring(bytes FROM $4::integer) AS bytes FROM original_parts
      WHERE original = (
        SELECT sequence FROM originals WHERE owner = $1 AND content_hash = $2 AND saved_at IS NOT NULL
      ) AND number = $3
      """,
      [
        .text(original.owner), .text(original.contentHash), .int(Int64(offset / size)),
        .int(Int64(offset % size + 1)),
      ])
    return try rows.first?["bytes"] ?? Data()
  }
}

/// An empty PostgreSQL database that rows are written to, within one transaction.
struct PostgresTransferStore: TransferReader, TransferWriter {
  let connection: PostgresConnection
  let vectors: PostgresVectorExtension.State

  private var vectorSchema: String? {
    if case .available(let vectors) = vectors { vectors.schema } else { nil }
  }

  private var reader: PostgresTransferReader {
    PostgresTransferReader(connection: connection, hasVectors: vectorSchema != nil)
  }

  func page(of table: TransferTable, after position: [TransferValue]?) async throws -> TransferPage {
    try await reader.page(of: table, after: position)
  }

  func part(of original: TransferOriginal, from offset: Int) async throws -> Data {
    try await reader.part(of: original, from: offset)
  }

  func obstacle(to table: TransferTable) -> String? {
    guard table.isOfVectors, case .unavailable(let reason) = vectors else { return nil }
    return "The vectors are left out, and will be made again. " + reason
  }

  func write(_ rows: [TransferRow], to table: TransferTable) async throws {
    let insert = PostgresTransferInsert(table, vectors: vectorSchema)
    let values = try rows.enumerated().map { try insert.values($1, place: $0) }
    if insert.move != nil { _ = try await connection.query(insert.makeStage) }
    var count = try await connection.copyIn(insert.copy, columns: insert.columns.map(\.type), rows: values)
    if let move = insert.move {
      let results = try await connection.pipeline([
        PostgresStatement(move), PostgresStatement("DROP TABLE \(PostgresTransferInsert.stage)"),
      ])
      count = results[0].affectedRows
    }
    guard count == rows.count else { throw TransferObstacle.orphan(in: table) }
  }

  func writeOriginal(_ original: TransferOriginal, nextPart: () async throws -> Data?) async throws {
    let rows = try await connection.query(
      """
      INSERT INTO originals (owner, content_hash, byte_count, saved_at)
      VALUES ($1, $2, $3, clock_timestamp()) RETURNING sequence
      """, [.text(original.owner), .text(original.contentHash), .int(Int64(original.byteCount))])
    guard let sequence: Int64 = try rows.first?["sequence"] else { throw StoredValues.unreadable("original") }
    var number: Int64 = 0
    var buffer = Data()
    func store(_ bytes: Data) async throws {
      _ = try await connection.query(
        "INSERT INTO original_parts (original, number, bytes) VALUES ($1, $2, $3)",
        [.int(sequence), .int(number), .bytes(bytes)])
      number += 1
    }
    while let part = try await nextPart() {
      buffer.append(part)
      while buffer.count >= PostgresOriginalStore.partSize {
        try await store(buffer.prefix(PostgresOriginalStore.partSize))
        buffer = Data(buffer.dropFirst(PostgresOriginalStore.partSize))
      }
    }
    if !buffer.isEmpty { try await store(buffer) }
  }

  /// Chunks without a vector wait for one.
  func finish() async throws {
    let hasNone =
      vectorSchema == nil
      ? ""
      : "WHERE NOT EXISTS (SELECT FROM chunk_vectors v WHERE v.model = m.sequence AND v.chunk = c.sequence)"
    _ = try await connection.query(
      """
      INSERT INTO embedding_queue (model, created_at, document, chunk)
      SELECT m.sequence, d.created_at, d.sequence, c.sequence
      FROM embedding_models m JOIN documents d ON d.owner = m.owner JOIN chunks c ON c.document = d.sequence
      \(hasNone)
      """)
    _ = try await connection.query(
      """
      UPDATE documents SET word_count = (
        SELECT coalesce(sum(word_count), 0) FROM chunks WHERE chunks.document = documents.sequence
      )
      """)
    // The planner would otherwise take every table for a small one until the server looks at them.
    for table in [
      "sessions", "messages", "runs", "run_events", "documents", "document_text_parts", "chunks",
      "embedding_models", "embedding_queue", "ingestion_jobs", "originals",
    ] + (vectorSchema == nil ? [] : ["chunk_vectors", "chunk_vector_spans"]) {
      _ = try await connection.query("ANALYZE \(table)")
    }
  }
}

extension TransferTable {
  /// Whether its rows need pgvector.
  fileprivate var isOfVectors: Bool { self == .vectors || self == .spanVectors }
}
