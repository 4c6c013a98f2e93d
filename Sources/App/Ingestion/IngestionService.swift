import Foundation
import Graph
import NIOPosix

/// Reads files into the knowledge base.
///
/// Running it again on the same files changes nothing: content is told by its hash. Reading, hashing and cutting run on the
/// thread pool, storing on the database's own queue.
struct IngestionService: Sendable {
  private let store: any KnowledgeStore
  private let threadPool: NIOThreadPool
  private let reader: DocumentReader

  init(
    store: any KnowledgeStore, threadPool: NIOThreadPool = .singleton,
    makeID: @escaping @Sendable () -> UUID = { UUID() }, now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.store = store
    self.threadPool = threadPool
    reader = DocumentReader(makeID: makeID, now: now)
  }

  /// Ingests files and folders. A file that fails is reported and the rest goes on.
  ///
  /// - Parameter report: called for every event, in order; the next file waits for it.
  /// - Throws: ``StoreError`` when the store fails: the files after that one would fare no better.
  ///   `CancellationError` between two files.
  func ingest(
    paths: [String], report: (IngestionEvent) async throws -> Void = { _ in }
  ) async throws -> IngestionSummary {
    let findings = try await threadPool.runIfActive { FileFinder.find(paths) }
    var summary = IngestionSummary()
    try await report(.found(files: findings.count))
    for (index, finding) in findings.enumerated() {
      try Task.checkCancellation()
      let source: String
      let outcome: IngestionOutcome
      switch finding {
      case .failure(let name, let reason):
        (source, outcome) = (name, .failed(reason: reason))
      case .file(let file):
        try await report(.started(source: file.source))
        (source, outcome) = (file.source, try await ingest(file))
      }
      summary.count(outcome)
      try await report(.finished(source: source, outcome: outcome, completed: index + 1))
    }
    return summary
  }

  /// Ingests one file under its source's name.
  /// - Throws: ``StoreError``.
  func ingest(_ file: IngestionFile) async throws -> IngestionOutcome {
    let reader = reader
    let result: DocumentReader.Result?
    do {
      result = try await threadPool.runIfActive { try reader.read(file) }
    } catch let failure as IngestionFailure {
      return .failed(reason: failure.reason)
    }
    guard let result else { return .skipped(reason: "holds no text") }
    return switch try await store.save(result.document, chunks: result.chunks) {
    case .added: .added
    case .replaced: .updated
    case .unchanged: .unchanged
    }
  }
}
