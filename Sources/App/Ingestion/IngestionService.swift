import Extraction
import Foundation
import Graph
import NIOPosix

/// Reads files into the knowledge base at once, without the queue: for the command line and Rill's own pages.
///
/// Running it again on the same files changes nothing: content is told by its hash. Copying, reading and cutting run on the
/// thread pool, storing on the database's own queue.
struct IngestionService: Sendable {
  let services: KnowledgeServices
  /// Fetches addresses among the paths; `nil` when there can be none.
  var pages: WebPageFetcher?
  var threadPool: NIOThreadPool = .singleton

  /// Ingests files, folders and addresses. A file that fails is reported and the rest goes on.
  ///
  /// - Parameter report: called for every event, in order; the next file waits for it.
  /// - Throws: ``StoreError`` when the store fails: the files after that one would fare no better.
  ///   `CancellationError` between two files.
  func ingest(
    paths: [String], report: (IngestionEvent) async throws -> Void = { _ in }
  ) async throws -> IngestionSummary {
    let addresses = paths.filter(Self.isAddress)
    let files = paths.filter { !Self.isAddress($0) }
    let findings = try await threadPool.runIfActive { FileFinder.find(files) }
    var summary = IngestionSummary()
    var completed = 0
    try await report(.found(files: findings.count + addresses.count))
    for finding in findings {
      try Task.checkCancellation()
      switch finding {
      case .failure(let source, let reason):
        completed += 1
        summary.count(.failed(reason: reason))
        try await report(.finished(source: source, outcome: .failed(reason: reason), completed: completed))
      case .file(let file):
        try await report(.started(source: file.source))
        completed += 1
        try await finish(ingestAll(file), completed, &summary, report)
      }
    }
    for address in addresses {
      try Task.checkCancellation()
      try await report(.started(source: address))
      completed += 1
      try await finish(ingest(address: address), completed, &summary, report)
    }
    return summary
  }

  private typealias Outcomes = [(source: String, outcome: IngestionOutcome)]

  private func finish(
    _ outcomes: Outcomes, _ completed: Int, _ summary: inout IngestionSummary,
    _ report: (IngestionEvent) async throws -> Void
  ) async throws {
    for (source, outcome) in outcomes {
      summary.count(outcome)
      try await report(.finished(source: source, outcome: outcome, completed: completed))
    }
  }

  static func isAddress(_ path: String) -> Bool {
    path.lowercased().hasPrefix("http://") || path.lowercased().hasPrefix("https://")
  }

  /// Ingests one file under its source's name.
  /// - Throws: ``StoreError``.
  func ingest(_ file: IngestionFile) async throws -> IngestionOutcome {
    try await ingestAll(file).first?.outcome ?? .skipped(reason: "There are no files in the archive.")
  }

  private func ingestAll(_ file: IngestionFile) async throws -> Outcomes {
    do {
      let original = try await services.originals.copy(file.url, limit: services.intake.limit)
      return try await ingest(.init(original: original, source: file.source, mediaType: file.mediaType))
    } catch let error as OriginalFileError {
      return [(file.source, .failed(reason: error.failure.message))]
    }
  }

  private func ingest(address: String) async throws -> Outcomes {
    guard let pages else { return [(address, .failed(reason: "Addresses cannot be fetched here."))] }
    do {
      return try await ingest(
        pages.fetch(address, into: services.originals, limit: services.intake.limit))
    } catch let error as RequestError {
      return [(address, .failed(reason: error.detail))]
    }
  }

  private func ingest(_ incoming: DocumentIntake.Incoming) async throws -> Outcomes {
    let contents = try await services.intake.contents(of: incoming)
    var outcomes: Outcomes = contents.failures.map { ($0.source, .failed(reason: $0.failure.message)) }
    do {
      for file in contents.files { outcomes.append((file.source, try await store(file))) }
    } catch {
      for file in contents.pinned { await services.intake.abandon(file) }
      throw error
    }
    for file in contents.pinned {
      await services.intake.abandon(file)
      // Whoever wants to see a file fetches it; this process may be the only one here, and gone in a moment.
      if services.originals.shared != nil {
        try await services.originals.removeLocal(contentHash: file.original.contentHash)
      }
    }
    return outcomes
  }

  private func store(_ file: DocumentIntake.Incoming) async throws -> IngestionOutcome {
    let hash = file.original.contentHash
    let current = try await services.knowledge.document(source: file.source)
    if let existing = try await services.knowledge.document(contentHash: hash) {
      // Its file may have been missing.
      try await services.originals.share(file.original)
      if let current, current.id != existing.id { try await services.library.delete(id: current.id) }
      return .unchanged
    }
    let job = IngestionJob(
      documentID: current?.id ?? StableID.document(source: file.source), source: file.source,
      mediaType: file.mediaType, contentHash: hash, byteCount: file.original.byteCount,
      createdAt: services.intake.now(), updatedAt: services.intake.now())
    let (builder, url) = (services.queue.builder, services.originals.url(contentHash: hash))
    let result: DocumentBuilder.Result
    do {
      result = try await threadPool.runIfActive { try builder.build(job, file: url) }
    } catch let failure as IngestionFailure {
      return failure.code == IngestionFailure.noText
        ? .skipped(reason: failure.message) : .failed(reason: failure.message)
    }
    try await services.originals.share(file.original)
    let outcome = try await services.knowledge.save(result.document, text: result.text, chunks: result.chunks)
    try await services.originals.share(file.original)
    await services.exchange?.send([.document(job.documentID)])
    if let current { try await services.library.removeOriginalIfUnneeded(current.contentHash) }
    return switch outcome {
    case .added: .added
    case .replaced: .updated
    case .unchanged: .unchanged
    }
  }
}
