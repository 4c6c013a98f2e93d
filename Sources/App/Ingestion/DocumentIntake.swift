import Extraction
import Foundation
import Graph
import NIOPosix

/// Takes files in: whoever brought them is told only when they and their jobs are on the disk.
struct DocumentIntake: Sendable {
  let knowledge: any KnowledgeStore
  let ingestion: any IngestionStore
  let originals: OriginalFiles
  let library: DocumentLibrary
  let now: @Sendable () -> Date
  /// Bytes of one file.
  var limit = 200_000_000
  var threadPool: NIOThreadPool = .singleton

  /// A file whose content is kept, pinned until ``take(_:)`` has decided on it.
  struct Incoming: Sendable, Hashable {
    var original: StoredOriginal
    var source: String
    var mediaType: String?
  }

  struct Result: Sendable {
    var documents: [DocumentState] = []
    var failures: [(source: String, failure: IngestionFailure)] = []
    var unchanged: [(source: String, documentID: UUID)] = []

    var isEmpty: Bool { documents.isEmpty && failures.isEmpty && unchanged.isEmpty }

    mutating func fail(_ source: String, _ failure: IngestionFailure) {
      failures.append((source, failure))
    }
  }

  /// Puts files into the queue, all of them in one transaction. Archives are unpacked: each file in them is a document.
  ///
  /// A source whose content is there already is left alone. A newer content of a source takes the place of one that still
  /// waits or is being read.
  /// - Throws: ``StoreError``. What is wrong with a single file is in the result.
  func take(_ files: [Incoming]) async throws -> Result {
    var result = Result()
    var contents: [Contents] = []
    do {
      for file in files { contents.append(try await self.contents(of: file)) }
      for failed in contents.flatMap(\.failures) { result.fail(failed.source, failed.failure) }
      try await enqueue(contents.flatMap(\.files), &result)
    } catch {
      try await release(files + contents.flatMap { $0.pinned.dropFirst() })
      throw error
    }
    try await release(contents.flatMap(\.pinned))
    return result
  }

  private func release(_ files: [Incoming]) async throws {
    for file in files {
      originals.release(file.original.contentHash)
      try await library.removeOriginalIfUnneeded(file.original.contentHash)
    }
  }

  // MARK: Formats and archives

  /// What a file comes to: itself, or what an archive holds.
  struct Contents: Sendable {
    var files: [Incoming] = []
    /// Every file that is pinned, the archive included.
    var pinned: [Incoming] = []
    var failures: [(source: String, failure: IngestionFailure)] = []
  }

  func contents(of file: Incoming) async throws -> Contents {
    var contents = Contents(pinned: [file])
    do {
      if try await format(of: file) == .zip {
        let archive = ArchiveIntake(originals: originals, limit: limit)
        let inside = try await DocumentThreads.shared.runIfActive { try archive.unpack(file) }
        contents.files = inside.files
        contents.pinned += inside.files
        contents.failures = inside.failures
      } else {
        contents.files = [file]
      }
    } catch let failure as IngestionFailure {
      contents.failures.append((file.source, failure))
    }
    return contents
  }

  /// - Throws: ``IngestionFailure`` when no reader knows the file.
  private func format(of file: Incoming) async throws -> DocumentFormat {
    let source = ExtractionSource(
      url: originals.url(contentHash: file.original.contentHash), name: file.source.lastPart,
      mediaType: file.mediaType)
    do {
      return try await threadPool.runIfActive { try DocumentFormat.detect(source) }
    } catch let error as ExtractionError {
      throw IngestionFailure(error)
    }
  }

  // MARK: The queue

  private func enqueue(_ files: [Incoming], _ result: inout Result) async throws {
    var jobs: [IngestionJob] = []
    var known: [String: UUID] = [:]
    var sources: Set<String> = []
    var superseded: Set<String> = []
    var replaced: Set<UUID> = []
    for file in files {
      let hash = file.original.contentHash
      guard sources.insert(file.source).inserted else {
        result.fail(file.source, .duplicateName)
        continue
      }
      if let id = known[hash] {
        result.unchanged.append((file.source, id))
      } else if let document = try await knowledge.document(contentHash: hash) {
        known[hash] = document.id
        result.unchanged.append((file.source, document.id))
        // Its file may have been missing.
        try await originals.share(file.original)
        try await replace(source: file.source, by: document)
      } else {
        let current = try await knowledge.document(source: file.source)
        let pending = try await ingestion.job(source: file.source)
        let id = current?.id ?? pending?.documentID ?? StableID.document(source: file.source)
        known[hash] = id
        if let pending, pending.contentHash == hash, pending.state == .queued || pending.state == .reading {
          result.documents += [try await library.directory.state(id: id)].compactMap { $0 }
          continue
        }
        if let pending {
          replaced.insert(id)
          if pending.contentHash != hash { superseded.insert(pending.contentHash) }
        }
        jobs.append(
          IngestionJob(
            documentID: id, source: file.source, mediaType: file.mediaType, contentHash: hash,
            byteCount: file.original.byteCount, createdAt: now(), updatedAt: now()))
      }
    }
    try await start(jobs, replaced: replaced, superseded: superseded, &result)
  }

  private func start(
    _ jobs: [IngestionJob], replaced: Set<UUID>, superseded: Set<String>, _ result: inout Result
  ) async throws {
    guard !jobs.isEmpty else { return }
    let files = jobs.map { StoredOriginal(contentHash: $0.contentHash, byteCount: $0.byteCount) }
    for file in files { try await originals.share(file) }
    try await ingestion.enqueue(jobs)
    for file in files { try await originals.share(file) }
    await library.exchange?.send(
      jobs.filter { replaced.contains($0.documentID) }
        .map { .endReading(document: $0.documentID, exceptHash: $0.contentHash) })
    var states: [DocumentState] = []
    for job in jobs {
      try await library.readings.cancel(documentID: job.documentID, exceptHash: job.contentHash)
      if let state = try await library.publishState(of: job.documentID) { states.append(state) }
    }
    result.documents += states
    await library.announceQueued()
    for hash in superseded { try await library.removeOriginalIfUnneeded(hash) }
  }

  /// A source has got a content that is there already: what waits or was stored under it before is out of date.
  private func replace(source: String, by document: Document) async throws {
    if let job = try await ingestion.job(source: source) {
      if document.id == job.documentID {
        _ = try await ingestion.deleteJob(documentID: job.documentID)
        try await library.endReading(of: job.documentID)
        try await library.removeOriginalIfUnneeded(job.contentHash)
        try await library.publishState(of: document.id)
      } else {
        try await library.delete(id: job.documentID)
      }
    }
    if let old = try await knowledge.document(source: source), old.id != document.id {
      try await library.delete(id: old.id)
    }
  }
}

extension IngestionFailure {
  static let duplicateName = IngestionFailure(
    "duplicate_name", "Another file of this upload has the same folder and name. Rename one of them.")
  static let hidden = IngestionFailure(
    "hidden", "The file or a folder above it is hidden, so it was left out. Rename it to add it.")
}

extension String {
  /// What follows the last slash.
  var lastPart: String { split(separator: "/").last.map(String.init) ?? self }
}

extension DocumentIntake {
  /// Lets go of a file that is not to be taken after all.
  func abandon(_ file: Incoming) async {
    originals.release(file.original.contentHash)
    try? await library.removeOriginalIfUnneeded(file.original.contentHash)
  }
}
