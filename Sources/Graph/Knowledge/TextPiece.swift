/// A piece of a text, before it belongs to a document.
public struct TextPiece: Sendable, Hashable {
  /// The headings above the piece, outermost first, without the document's title.
  public let headings: [String]
  /// Exactly what stands at `byteRange`.
  public let text: String
  /// In UTF-8 bytes of the text that was cut.
  public let byteRange: Range<Int>
  /// The page on which it begins, from 1; `nil` for a text without pages.
  public let page: Int?
}
