public import Foundation

/// Keeps what has been taken in but not yet read, so that a restart loses none of it.
public protocol IngestionStore: Sendable {
  /// Stores jobs in one transaction, before whoever brought the files is told that they are safe. A job replaces one of
  /// the same document.
  func enqueue(_ jobs: [IngestionJob]) async throws

  /// Takes the oldest queued job, marks it as being read and counts the attempt; `nil` when there is none.
  func claimJob(now: Date) async throws -> IngestionJob?

  /// Puts the jobs of readers that are gone back into the queue, at the start of a process. Their attempts stay counted: a
  /// file that ends the process each time is told by them.
  /// - Returns: how many.
  func requeueClaimedJobs() async throws -> Int
  /// The same while the process is at work: only the jobs of other processes that are gone.
  func requeueAbandonedJobs() async throws -> Int

  /// Changes the state of a job, unless it has been replaced by another upload (told by ``IngestionJob/contentHash``) or
  /// is gone. A job that is queued again begins with no attempts.
  /// - Returns: whether it was changed.
  func updateJob(
    documentID: UUID, contentHash: String, state: IngestionJob.State, failure: IngestionJob.Failure?,
    now: Date
  ) async throws -> Bool

  /// Changes the state of a job that this process has claimed, unless it is no longer its own to read: it was cancelled,
  /// replaced, deleted or given to another process.
  /// - Returns: whether it was changed.
  func endReading(
    documentID: UUID, contentHash: String, state: IngestionJob.State, failure: IngestionJob.Failure?,
    now: Date
  ) async throws -> Bool

  func job(documentID: UUID) async throws -> IngestionJob?
  func job(source: String) async throws -> IngestionJob?
  /// Newest first.
  func jobs(limit: Int) async throws -> [IngestionJob]
  /// - Returns: `false` when there was none.
  func deleteJob(documentID: UUID) async throws -> Bool
  /// Whether a document or a job still needs the original file with this hash.
  func isOriginalNeeded(contentHash: String) async throws -> Bool
}

extension IngestionStore {
  /// A store of one process has no others.
  public func requeueAbandonedJobs() async throws -> Int { 0 }
}

/// A file on its way to become a document. It is gone when the document is stored.
public struct IngestionJob: Sendable, Hashable, Codable, Identifiable {
  public enum State: String, Sendable, Hashable, Codable {
    case queued, reading, failed, cancelled
  }

  /// Why it failed.
  public struct Failure: Sendable, Hashable, Codable {
    /// For programs, like `encrypted`.
    public var code: String
    /// For people: what happened and what to do.
    public var message: String

    public init(code: String, message: String) {
      self.code = code
      self.message = message
    }
  }

  /// The id that the document will have; that of the document it replaces, when there is one from the same source.
  public let documentID: UUID
  /// See ``Document/source``.
  public var source: String
  /// As the sender said; `nil` when nothing was said.
  public var mediaType: String?
  /// Of the original file, which is kept under this name until nobody needs it; see ``Document/contentHash``.
  public var contentHash: String
  public var byteCount: Int
  public var state: State
  public var failure: Failure?
  public var createdAt: Date
  public var updatedAt: Date
  /// How many times reading has begun, this time included, since it was put into the queue.
  public var attempts: Int

  public var id: UUID { documentID }

  public init(
    documentID: UUID, source: String, mediaType: String?, contentHash: String, byteCount: Int,
    state: State = .queued, failure: Failure? = nil, createdAt: Date, updatedAt: Date,
    attempts: Int = 0
  ) {
    self.documentID = documentID
    self.source = source
    self.mediaType = mediaType
    self.contentHash = contentHash
    self.byteCount = byteCount
    self.state = state
    self.failure = failure
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.attempts = attempts
  }
}
