public import Foundation

/// A document of the knowledge base.
public struct Document: Sendable, Hashable, Codable, Identifiable {
  public let id: UUID
  /// What people call it: its first heading, else its file name.
  public var title: String
  /// Where it came from, as the user named it: `notes/river.md`, or `rill:configuration` for Rill's own documentation.
  /// A second document from the same source replaces the first.
  public var source: String
  /// For example `text/markdown`.
  public var mediaType: String
  /// SHA-256 of the content, lower-case hexadecimal. Two documents with one hash are one document.
  public var contentHash: String
  public var byteCount: Int
  public var chunkCount: Int
  /// `nil` for formats without pages.
  public var pageCount: Int?
  public var createdAt: Date

  public init(
    id: UUID, title: String, source: String, mediaType: String, contentHash: String, byteCount: Int,
    chunkCount: Int, pageCount: Int? = nil, createdAt: Date
  ) {
    self.id = id
    self.title = title
    self.source = source
    self.mediaType = mediaType
    self.contentHash = contentHash
    self.byteCount = byteCount
    self.chunkCount = chunkCount
    self.pageCount = pageCount
    self.createdAt = createdAt
  }
}

/// A piece of a document that is found and cited as a whole.
public struct Chunk: Sendable, Hashable, Codable, Identifiable {
  public let id: UUID
  public let documentID: UUID
  /// Position in the document, from 0.
  public var ordinal: Int
  /// The headings above the chunk, outermost first.
  public var headings: [String]
  /// The chunk's text, exactly as it stands in the document's extracted text.
  public var text: String
  /// Where the text stands, in UTF-8 bytes of the extracted text.
  public var byteRange: Range<Int>
  /// The page on which it begins, from 1; `nil` for formats without pages.
  public var page: Int?

  public init(
    id: UUID, documentID: UUID, ordinal: Int, headings: [String], text: String, byteRange: Range<Int>,
    page: Int? = nil
  ) {
    self.id = id
    self.documentID = documentID
    self.ordinal = ordinal
    self.headings = headings
    self.text = text
    self.byteRange = byteRange
    self.page = page
  }
}

/// A chunk that was found for a question.
public struct Passage: Sendable, Hashable, Codable {
  public var chunk: Chunk
  /// The document's title and source at the time of the search.
  public var title: String
  public var source: String
  /// Score of the retrieval, higher is better; comparable only within one search.
  public var score: Double

  public init(chunk: Chunk, title: String, source: String, score: Double) {
    self.chunk = chunk
    self.title = title
    self.source = source
    self.score = score
  }

  /// Where in the document the passage stands, for people: `Configuration › Environment`, `page 3`.
  public var locator: String {
    let place = chunk.headings.joined(separator: " › ")
    guard let page = chunk.page else { return place }
    return place.isEmpty ? "page \(page)" : "\(place) · page \(page)"
  }
}
