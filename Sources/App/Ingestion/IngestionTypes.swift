import Foundation

/// A file to be ingested.
struct IngestionFile: Sendable, Hashable {
  let url: URL
  /// What the knowledge base calls it; see ``Document/source``.
  let source: String
  /// For a file whose name does not tell what it is.
  var mediaType: String?
}

/// What became of one file.
enum IngestionOutcome: Sendable, Hashable {
  case added
  /// The file had other content when it was last ingested.
  case updated
  /// The knowledge base holds this content already.
  case unchanged
  /// There was nothing in it; not a failure.
  case skipped(reason: String)
  case failed(reason: String)
}

/// What happens during ingestion, in order.
enum IngestionEvent: Sendable, Hashable {
  /// The folders have been searched.
  case found(files: Int)
  case started(source: String)
  /// - Parameter completed: how many files are done, this one included.
  case finished(source: String, outcome: IngestionOutcome, completed: Int)
}

/// How many files came to what.
struct IngestionSummary: Sendable, Hashable, CustomStringConvertible {
  private(set) var added = 0
  private(set) var updated = 0
  private(set) var unchanged = 0
  private(set) var skipped = 0
  private(set) var failed = 0

  mutating func count(_ outcome: IngestionOutcome) {
    switch outcome {
    case .added: added += 1
    case .updated: updated += 1
    case .unchanged: unchanged += 1
    case .skipped: skipped += 1
    case .failed: failed += 1
    }
  }

  /// For the shell: 1 when any file failed.
  var exitCode: Int32 { failed > 0 ? 1 : 0 }

  /// `12 added, 3 unchanged, 1 failed`.
  var description: String {
    let counts = [
      (added, "added"), (updated, "updated"), (unchanged, "unchanged"), (skipped, "skipped"),
      (failed, "failed"),
    ].filter { $0.0 > 0 }
    return counts.isEmpty ? "no files found" : counts.map { "\($0) \($1)" }.joined(separator: ", ")
  }
}
