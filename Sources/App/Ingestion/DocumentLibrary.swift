import Foundation
import Graph

/// What users do with documents that are there: delete them, end their reading, have them read again.
struct DocumentLibrary: Sendable {
  let knowledge: any KnowledgeStore
  let ingestion: any IngestionStore
  let originals: OriginalFiles
  let directory: DocumentDirectory
  let progress: IngestionProgress
  let readings: ActiveReadings
  let queued: Signal
  let pictures: PagePictures
  let exchange: DocumentExchange?
  let now: @Sendable () -> Date

  enum Refusal: Error, Sendable, Hashable {
    case notFound
    /// There is nothing to cancel.
    case notInProgress
    /// Only what failed or was cancelled can be tried again.
    case notFailed
  }

  /// Deletes a document with everything that was made of it; also one that is still to be read.
  /// - Throws: ``Refusal/notFound``, ``StoreError``.
  func delete(id: UUID) async throws {
    let job = try await ingestion.job(documentID: id)
    // Without its job the document cannot be read again, whichever moment its reader is at.
    _ = try await ingestion.deleteJob(documentID: id)
    if job != nil { try await endReading(of: id) }
    let document = try await knowledge.deleteDocument(id: id)
    guard job != nil || document != nil else { throw Refusal.notFound }
    for hash in Set([job?.contentHash, document?.contentHash].compactMap { $0 }) {
      try await removeOriginalIfUnneeded(hash)
    }
    progress.publishDeleted(id)
  }

  /// Ends the reading of a file. A document that it was to replace stays as it is.
  func cancel(id: UUID) async throws -> DocumentState {
    guard let job = try await ingestion.job(documentID: id) else {
      guard try await directory.state(id: id) != nil else { throw Refusal.notFound }
      throw Refusal.notInProgress
    }
    guard job.state == .queued || job.state == .reading else { throw Refusal.notInProgress }
    // From here on the store refuses what its reader makes of it, on whichever node that is. Without the job it is too late.
    guard
      try await ingestion.updateJob(
        documentID: id, contentHash: job.contentHash, state: .cancelled, failure: nil, now: now())
    else { throw Refusal.notInProgress }
    try await endReading(of: id)
    return try await publishedState(of: id)
  }

  func retry(id: UUID) async throws -> DocumentState {
    guard let job = try await ingestion.job(documentID: id) else {
      guard try await directory.state(id: id) != nil else { throw Refusal.notFound }
      throw Refusal.notFailed
    }
    guard job.state == .failed || job.state == .cancelled else { throw Refusal.notFailed }
    guard
      try await ingestion.updateJob(
        documentID: id, contentHash: job.contentHash, state: .queued, failure: nil, now: now())
    else { throw Refusal.notFailed }
    let state = try await publishedState(of: id)
    await announceQueued()
    return state
  }

  /// Ends the reading of a document, after the store has been told that nothing shall come of it, and waits until it has
  /// ended here. Another node is told and not waited for: nobody can see what it still does.
  func endReading(of id: UUID) async throws {
    await exchange?.send([.endReading(document: id, exceptHash: nil)])
    try await readings.cancel(documentID: id)
  }

  /// Tells all nodes that files wait to be read.
  func announceQueued() async {
    queued.raise()
    await exchange?.send([.queued])
  }

  private func publishedState(of id: UUID) async throws -> DocumentState {
    guard let state = try await publishState(of: id) else { throw Refusal.notFound }
    return state
  }

  /// Tells everybody who watches what the store says of a document now.
  @discardableResult
  func publishState(
    of id: UUID, origin: IngestionProgress.Origin = .thisNode
  ) async throws -> DocumentState? {
    try await progress.publish(id, origin: origin) { try await directory.state(id: id) }
  }

  func removeOriginalIfUnneeded(_ hash: String) async throws {
    guard try await !ingestion.isOriginalNeeded(contentHash: hash) else { return }
    try await originals.remove(contentHash: hash)
    try await pictures.remove(hash: hash)
  }
}
