public import Foundation

/// A file to be read.
public struct ExtractionSource: Sendable, Hashable {
  /// Where the bytes are. Its name may be anything.
  public var url: URL
  /// What the user calls the file, with or without folders: `reports/2024.pdf`.
  public var name: String
  /// What the sender said it is, for example `text/html; charset=utf-8`. Looked at only when neither the content nor the
  /// name tells.
  public var mediaType: String?

  public init(url: URL, name: String? = nil, mediaType: String? = nil) {
    self.url = url
    self.name = name ?? url.lastPathComponent
    self.mediaType = mediaType
  }
}

/// How far the reading of a file has come.
public struct ExtractionProgress: Sendable, Hashable {
  public enum Unit: Sendable, Hashable {
    case pages
    /// Chapters of a book.
    case parts
  }

  public var read: Int
  public var total: Int
  public var unit: Unit

  public init(read: Int, total: Int, unit: Unit) {
    self.read = read
    self.total = total
    self.unit = unit
  }
}
