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
    try await readings.cancel(documentID: id)
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
    let isChanged = try await ingestion.updateJob(
      documentID: id, contentHash: job.contentHash, state: .cancelled, failure: nil, now: now())
    let isInTime = try await readings.cancel(documentID: id)
    guard isChanged, isInTime else { throw Refusal.notInProgress }
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
    queued.raise()
    return state
  }

  private func publishedState(of id: UUID) async throws -> DocumentState {
    guard let state = try await publishState(of: id) else { throw Refusal.notFound }
    return state
  }

  /// Tells everybody who watches what the store says of a document now.
  @discardableResult
  func publishState(of id: UUID) async throws -> DocumentState? {
    try await progress.publish(id) { try await directory.state(id: id) }
  }

  func removeOriginalIfUnneeded(_ hash: String) async throws {
    guard try await !ingestion.isOriginalNeeded(contentHash: hash) else { return }
    try await originals.remove(contentHash: hash)
    try await pictures.remove(hash: hash)
  }
}
