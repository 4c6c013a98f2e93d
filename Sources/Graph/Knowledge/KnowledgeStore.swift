public import Foundation

/// Searches by words.
public protocol WordSearch: Sendable {
  /// The chunks whose words match the query best, best first, by BM25 with stemming. Any text is a valid query: no
  /// character of it has a special meaning. A large store may look only at the chunks that have the rarest words of the
  /// query, or several of them.
  /// - Throws: ``StoreError``.
  func search(_ query: String, limit: Int, filter: SearchFilter) async throws -> [Passage]
}

/// Keeps documents and their chunks, and finds chunks by their words.
public protocol KnowledgeStore: PassageSearch {
  /// Stores a document with its text and all its chunks in one transaction, and forgets its ingestion job, whatever the
  /// outcome; a job of the same document with another content hash is a newer upload and stays.
  ///
  /// - A document with the same content hash under another id is left as it is (`unchanged`). When both have the same
  ///   source the existing one stays, too.
  /// - A document with the same id or the same source is replaced: whoever searches sees the old chunks or the new ones,
  ///   never a mixture. A chunk whose id was there before keeps its vectors.
  ///
  /// The number of chunks is counted here, whatever the document says.
  /// - Throws: ``StoreError``.
  func save(_ document: Document, text: ExtractedText, chunks: [Chunk]) async throws -> SaveOutcome

  /// The same for a file that was taken from the queue, as long as its job is this process's to read: the job is looked at
  /// and forgotten in the same transaction, so that nobody can cancel it in between.
  /// - Returns: `nil` when the job was cancelled, replaced, deleted or given to another process: nothing is stored then.
  func finishReading(_ document: Document, text: ExtractedText, chunks: [Chunk]) async throws -> SaveOutcome?

  /// Documents, newest first.
  func documents(_ query: DocumentQuery) async throws -> DocumentPage
  func documentCount() async throws -> Int
  func document(id: UUID) async throws -> Document?
  func document(contentHash: String) async throws -> Document?
  func document(source: String) async throws -> Document?
  /// Which of the ids are documents now, for the citations of old answers.
  func existingDocuments(among ids: Set<UUID>) async throws -> Set<UUID>
  /// The text that the chunks' byte ranges count in; `nil` when there is no such document, or it was stored by a version
  /// of Rill that kept none.
  func text(documentID: UUID) async throws -> ExtractedText?
  /// The chunks of a document in their order, those with `ordinals` only.
  func chunks(documentID: UUID, ordinals: Range<Int>) async throws -> [Chunk]
  func chunk(id: UUID) async throws -> Chunk?
  /// - Returns: the document that was deleted with its text, chunks and vectors; `nil` when there was none.
  func deleteDocument(id: UUID) async throws -> Document?
}

extension KnowledgeStore {
  public func search(_ query: String, limit: Int) async throws -> [Passage] {
    try await search(query, limit: limit, filter: .all)
  }

  /// Every document, newest first.
  public func documents() async throws -> [Document] {
    try await documents(DocumentQuery(limit: .max)).documents
  }

  /// The chunks of a document in their order.
  public func chunks(documentID: UUID) async throws -> [Chunk] {
    try await chunks(documentID: documentID, ordinals: 0..<Int.max)
  }
}

/// Where to search.
public struct SearchFilter: Sendable, Hashable, Codable {
  /// Only these documents; empty means any.
  public var documents: Set<UUID>
  /// Only documents whose source lies in one of these folders at any depth, as in `notes/rivers`; empty means any.
  public var folders: Set<String>

  public init(documents: Set<UUID> = [], folders: Set<String> = []) {
    self.documents = documents
    self.folders = folders
  }

  public static let all = SearchFilter()
}

/// Which documents to list.
public struct DocumentQuery: Sendable, Hashable {
  /// Part of the title or the source, upper or lower case; `nil` lists all.
  public var text: String?
  /// As in ``SearchFilter/folders``.
  public var folder: String?
  public var limit: Int
  /// ``DocumentPage/nextCursor`` of the page before.
  public var cursor: String?

  public init(text: String? = nil, folder: String? = nil, limit: Int = 100, cursor: String? = nil) {
    self.text = text
    self.folder = folder
    self.limit = limit
    self.cursor = cursor
  }
}

/// A part of the list of documents.
public struct DocumentPage: Sendable, Hashable {
  public var documents: [Document]
  /// Where the next page begins; `nil` on the last one.
  public var nextCursor: String?

  public init(documents: [Document], nextCursor: String?) {
    self.documents = documents
    self.nextCursor = nextCursor
  }
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
