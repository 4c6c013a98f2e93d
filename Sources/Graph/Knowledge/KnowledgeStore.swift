public import Foundation

/// Keeps documents and their chunks, and finds chunks by their words.
public protocol KnowledgeStore: Sendable {
  /// Stores a document with all its chunks in one transaction.
  ///
  /// A document with the same content hash that is already there is left as it is; one from the same source with other
  /// content is replaced. The number of chunks is counted here, whatever the document says.
  /// - Throws: ``StoreError``.
  func save(_ document: Document, chunks: [Chunk]) async throws -> SaveOutcome

  /// The chunks whose words match the query best, best first, by BM25 with stemming. Any text is a valid query: no
  /// character of it has a special meaning.
  /// - Throws: ``StoreError``.
  func search(_ query: String, limit: Int) async throws -> [Passage]

  /// All documents, newest first.
  func documents() async throws -> [Document]
  func documentCount() async throws -> Int
  func document(id: UUID) async throws -> Document?
  func document(contentHash: String) async throws -> Document?
  /// The chunks of a document in their order.
  func chunks(documentID: UUID) async throws -> [Chunk]
  /// - Returns: `false` when there was no such document.
  func deleteDocument(id: UUID) async throws -> Bool
}

extension KnowledgeStore {
  public func documentCount() async throws -> Int { try await documents().count }
}

/// What saving a document came to.
public enum SaveOutcome: Sendable, Hashable {
  case added
  /// A document from the same source had other content, and is gone.
  case replaced
  /// The same content was already there, under this id.
  case unchanged(existing: UUID)
}

/// A failure of a store.
public struct StoreError: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// The file or server could not be opened or reached.
    case unavailable
    /// A statement failed.
    case failed
    /// The database was made by a newer Rill.
    case newerSchema
    /// The row that the call needs is not there.
    case notFound
    /// The call contradicts what is stored.
    case conflict
  }

  public let code: Code
  /// A sentence for people, without SQL and paths.
  public let message: String
  /// What the database said, for the log only.
  public let detail: String?

  public init(_ code: Code, _ message: String, detail: String? = nil) {
    self.code = code
    self.message = message
    self.detail = detail
  }

  public var description: String { "\(code.rawValue): \(message)" + (detail.map { " (\($0))" } ?? "") }
}
