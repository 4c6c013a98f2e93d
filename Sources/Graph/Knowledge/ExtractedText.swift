/// What was read from a file: its text, and how the text is built.
public struct ExtractedText: Sendable, Hashable, Codable {
  /// The document's own title; `nil` when it has none.
  public var title: String?
  /// Everything that can be found and cited. Positions in it are UTF-8 bytes.
  public var text: String
  /// What must stay together when the text is cut, in order, without overlaps. White space may stand between them.
  public var blocks: [TextBlock]
  /// Where each page begins and ends, in order; page 1 is first. Empty for formats without pages.
  public var pages: [Range<Int>]

  public init(title: String?, text: String, blocks: [TextBlock], pages: [Range<Int>] = []) {
    self.title = title
    self.text = text
    self.blocks = blocks
    self.pages = pages
  }
}

/// A block of a text: what is kept together when the text is cut into pieces.
public struct TextBlock: Sendable, Hashable, Codable {
  public enum Kind: Sendable, Hashable, Codable {
    /// The title is plain text.
    case heading(level: Int, title: String)
    case paragraph
    /// An item of a top-level list, with everything that is indented under it.
    case listItem
    case quote
    /// Rows, one on each line.
    case table
    /// A program's text, or anything else whose line breaks and indentation count.
    case code
    /// A comment, a thematic break, or the settings at the top of a file.
    case other
  }

  public let kind: Kind
  /// From the start of its first line to the end of its last one, in bytes of the text.
  public let range: Range<Int>

  public init(kind: Kind, range: Range<Int>) {
    self.kind = kind
    self.range = range
  }
}
