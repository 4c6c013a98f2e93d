import Foundation
import Graph
import Postgres

/// How PostgreSQL takes the rows of a table: by COPY, either into the table or into a temporary one from which a statement
/// moves them.
struct PostgresTransferInsert {
  struct Column {
    let name: String
    /// As SQL names it.
    let sqlType: String
    let type: PostgresType

    init(_ column: TransferColumn) {
      name = column.name
      (sqlType, type) =
        switch column.kind {
        case .text: ("text", .text)
        case .int: ("bigint", .int8)
        case .bool: ("boolean", .bool)
        case .id: ("uuid", .uuid)
        case .bytes: ("bytea", .bytea)
        case .floats: ("real[]", .float4Array)
        }
    }

    init(_ name: String, _ sqlType: String, _ type: PostgresType) {
      self.name = name
      self.sqlType = sqlType
      self.type = type
    }
  }

  static let stage = "copied_rows"

  /// The table that is copied into.
  var name: String
  var columns: [Column]
  /// What the columns beside those of the row hold.
  var more: @Sendable (TransferRow) throws -> [PostgresValue] = { _ in [] }
  /// Moves rows from ``stage``, in the order of their `place`; `nil` when they are copied to their table.
  var move: String?

  /// - Parameter vectors: pgvector's schema, quoted.
  init(_ table: TransferTable, vectors: String?) {
    columns = table.columns.map(Column.init)
    name = Self.stage
    let document = "FROM copied_rows s JOIN documents d ON d.owner = s.owner AND d.id = s.document_id"
    let chunk = """
      FROM copied_rows s JOIN embedding_models m ON m.owner = s.owner AND m.id = s.model
      JOIN chunks c ON c.owner = s.owner AND c.id = s.chunk_id
      """
    switch table {
    case .sessions, .messages, .checkpoints, .settings: name = table.rawValue
    case .embeddingModels: name = "embedding_models"
    case .ingestionJobs: name = "ingestion_jobs"
    case .originals: break
    case .runs:
      name = "runs"
      // No process works on a run that has ended.
      columns += [Column("node", "uuid", .uuid), Column("incarnation", "uuid", .uuid)]
      more = { _ in [.uuid(Self.nobody), .uuid(Self.nobody)] }
    case .runEvents:
      move = """
        INSERT INTO run_events (run, last_id, first_id, token_count, payload)
        SELECT r.sequence, s.last_id, s.first_id, s.token_count, s.payload
        FROM copied_rows s JOIN runs r ON r.id = s.run_id AND r.owner = s.owner
        """
    case .documents:
      name = "documents"
      columns += [Column("label", "text", .text), Column("word_count", "bigint", .int8)]
      more = { [.text(PostgresDocumentWriter.label(title: try $0.text(2), source: try $0.text(3))), 0] }
    case .texts:
      move = "INSERT INTO document_texts (document, structure) SELECT d.sequence, s.structure \(document)"
    case .textParts:
      move = """
        INSERT INTO document_text_parts (document, start, bytes) SELECT d.sequence, s.start, s.bytes \(document)
        """
    case .chunks:
      columns += [Column("word_count", "bigint", .int8), Column("words", "text", .text)]
      more = { row in
        let words = ChunkWords(
          title: try row.text(4), headings: try StoredValues.strings(json: row.text(5)), text: try row.text(6)
        )
        return [.int(Int64(words.count)), .text(words.text)]
      }
      move = """
        INSERT INTO chunks
          (owner, document, id, ordinal, headings, text, byte_start, byte_end, page, word_count, words)
        SELECT s.owner, d.sequence, s.id, s.ordinal, s.headings, s.text, s.byte_start, s.byte_end, s.page,
          s.word_count, s.words::tsvector \(document) ORDER BY s.place
        """
    case .vectors:
      move = """
        INSERT INTO chunk_vectors (model, chunk, document, embedding)
        SELECT m.sequence, c.sequence, c.document, s.value::\(vectors ?? "public").vector \(chunk)
        """
    case .spanVectors:
      move =
        "INSERT INTO chunk_vector_spans (model, chunk, value) SELECT m.sequence, c.sequence, s.value \(chunk)"
    }
    if move != nil { columns.append(Column("place", "bigint", .int8)) }
  }

  var makeStage: String {
    let definitions = columns.map { "\($0.name) \($0.sqlType)" }.joined(separator: ", ")
    return "CREATE TEMPORARY TABLE copied_rows (\(definitions)) ON COMMIT DROP"
  }

  var copy: String {
    "COPY \(name) (\(columns.map(\.name).joined(separator: ", "))) FROM STDIN (FORMAT binary)"
  }

  func values(_ row: TransferRow, place: Int) throws -> [PostgresValue] {
    let values = row.values.map(PostgresValue.init(_:)) + (try more(row))
    return move == nil ? values : values + [.int(Int64(place))]
  }

  private static let nobody = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}

extension PostgresValue {
  init(_ value: TransferValue) {
    self =
      switch value {
      case .null: .null
      case .text(let text): .text(text)
      case .int(let number): .int(number)
      case .bool(let flag): .bool(flag)
      case .id(let id): .uuid(id)
      case .bytes(let data): .bytes(data)
      case .floats(let numbers): .floats(numbers)
      }
  }
}

extension TransferValue {
  init(_ row: PostgresRow, _ index: Int, _ kind: TransferColumn.Kind) throws {
    self =
      switch kind {
      case .text: (try row[index] as String?).map(TransferValue.text) ?? .null
      case .int: (try row[index] as Int64?).map(TransferValue.int) ?? .null
      case .bool: (try row[index] as Bool?).map(TransferValue.bool) ?? .null
      case .id: (try row[index] as UUID?).map(TransferValue.id) ?? .null
      case .bytes: (try row[index] as Data?).map(TransferValue.bytes) ?? .null
      case .floats: (try row[index] as [Float]?).map(TransferValue.floats) ?? .null
      }
  }
}
