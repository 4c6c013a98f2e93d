/// What is copied from one database to another, in an order in which everything comes after what it refers to.
///
/// The rows are the same in every database: they name each other by ids, never by the numbers that a database gives its
/// rows. What follows from others (indexes, queues, counters) is not copied but made again.
enum TransferTable: String, Sendable, CaseIterable {
  case sessions
  case messages
  case runs
  case runEvents = "run events"
  case checkpoints
  case settings
  case documents
  case texts
  case textParts = "parts of texts"
  case chunks
  case embeddingModels = "embedding models"
  case vectors
  case spanVectors = "vectors of sentences"
  case ingestionJobs = "ingestion jobs"
  /// Their bytes are copied beside the rows; see ``TransferWriter/writeOriginal(_:nextPart:)``.
  case originals

  /// Whether the order of the rows means something, and must be the same afterwards.
  var isOrdered: Bool {
    switch self {
    case .sessions, .checkpoints, .settings, .originals: false
    default: true
    }
  }

  /// How many rows are in memory at once: the fewer, the larger they may be.
  var batchSize: Int {
    switch self {
    case .texts, .textParts, .checkpoints: 50
    case .messages, .vectors, .spanVectors, .runEvents: 500
    default: 1_000
    }
  }

  var columns: [TransferColumn] {
    switch self {
    case .sessions:
      [.text("owner"), .id("id"), .text("title"), .int("created_at"), .int("updated_at")]
    case .messages:
      [
        .text("owner"), .id("id"), .id("session_id"), .id("parent_id"), .text("role"), .text("content"),
        .text("status"), .int("created_at"), .id("run_id"), .text("answer"),
      ]
    case .runs:
      [
        .text("owner"), .id("id"), .id("session_id"), .id("message_id"), .text("fingerprint"),
        .text("thread_id"), .text("status"), .int("last_event_id"), .int("token_count"),
        .bool("is_compacted"), .int("created_at"), .int("ended_at"),
      ]
    case .runEvents:
      [
        .text("owner"), .id("run_id"), .int("last_id"), .int("first_id"), .int("token_count"),
        .bytes("payload"),
      ]
    case .checkpoints:
      [
        .text("owner"), .text("thread_id"), .int("id"), .text("graph"), .int("step"), .bytes("state"),
        .text("pending"), .text("joins"), .bool("has_reached_end"), .text("interrupt"),
      ]
    case .settings:
      [.text("owner"), .text("key"), .text("value")]
    case .documents:
      [
        .text("owner"), .id("id"), .text("title"), .text("source"), .text("media_type"),
        .text("content_hash"), .int("byte_count"), .int("chunk_count"), .int("page_count"),
        .int("created_at"),
      ]
    case .texts:
      [.text("owner"), .id("document_id"), .bytes("structure")]
    case .textParts:
      [.text("owner"), .id("document_id"), .int("start"), .bytes("bytes")]
    case .chunks:
      [
        .text("owner"), .id("document_id"), .id("id"), .int("ordinal"), .text("title"), .text("headings"),
        .text("text"), .int("byte_start"), .int("byte_end"), .int("page"),
      ]
    case .embeddingModels:
      [.text("owner"), .text("id"), .int("dimension"), .int("max_tokens"), .bool("is_serving")]
    case .vectors:
      [.text("owner"), .text("model"), .id("chunk_id"), .floats("value")]
    case .spanVectors:
      [.text("owner"), .text("model"), .id("chunk_id"), .bytes("value")]
    case .ingestionJobs:
      [
        .text("owner"), .id("document_id"), .text("source"), .text("media_type"), .text("content_hash"),
        .int("byte_count"), .text("state"), .text("failure_code"), .text("failure_message"),
        .int("attempts"), .int("created_at"), .int("updated_at"),
      ]
    case .originals:
      [.text("owner"), .text("content_hash"), .int("byte_count")]
    }
  }
}

/// A column of a row that is copied.
struct TransferColumn: Sendable, Hashable {
  enum Kind: Sendable {
    case text, int, bool, id, bytes, floats
  }

  let name: String
  let kind: Kind

  static func text(_ name: String) -> TransferColumn { TransferColumn(name: name, kind: .text) }
  static func int(_ name: String) -> TransferColumn { TransferColumn(name: name, kind: .int) }
  static func bool(_ name: String) -> TransferColumn { TransferColumn(name: name, kind: .bool) }
  static func id(_ name: String) -> TransferColumn { TransferColumn(name: name, kind: .id) }
  static func bytes(_ name: String) -> TransferColumn { TransferColumn(name: name, kind: .bytes) }
  static func floats(_ name: String) -> TransferColumn { TransferColumn(name: name, kind: .floats) }
}
