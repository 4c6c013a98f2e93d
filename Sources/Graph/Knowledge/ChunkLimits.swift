/// How large the pieces are that a text is cut into, in approximate tokens.
///
/// Small embedding models read 256 tokens (all-MiniLM-L6-v2), and an answer rests on half a dozen passages, so a piece is a
/// few paragraphs: large enough to make sense by itself, small enough that a citation points at something.
public struct ChunkLimits: Sendable, Hashable {
  /// Blocks are joined up to this size.
  public var target = 192
  /// A paragraph, list item or table up to this size is never cut.
  public var wholeBlock = 256
  /// Code up to this size is never cut: half a function explains nothing.
  public var wholeCode = 512
  /// What may be added to a piece that holds only headings, so that they stay with what they head; and how small the last
  /// piece of a section may be before it is joined to the one before it.
  public var small = 32
  /// How much of a sentence is repeated in the next piece when a single sentence has to be cut.
  public var overlap = 24

  public init() {}

  /// No piece is larger than this.
  public var maximum: Int { max(wholeCode, wholeBlock, target) + 2 * small }
}

/// Estimates tokens without a tokenizer.
enum ApproximateTokens {
  /// Quarters of a token, so that the sum over a text is exact.
  ///
  /// English has about four characters per token with the usual vocabularies (OpenAI's rule of thumb), other alphabets
  /// about two, and Chinese, Japanese and Korean about one.
  static func quarters(ofScalarStartingWith byte: UInt8) -> Int {
    switch byte {
    case 0..<0x80: 1
    case 0x80..<0xC0: 0
    case 0xC0..<0xE3: 2
    default: 4
    }
  }

  static func count(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    (bytes[range].reduce(0) { $0 + quarters(ofScalarStartingWith: $1) } + 3) / 4
  }
}
