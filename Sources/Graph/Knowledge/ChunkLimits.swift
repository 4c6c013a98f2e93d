/// How large the pieces are that a text is cut into, in tokens.
///
/// Small embedding models read 256 tokens (all-MiniLM-L6-v2). Pieces that fill them were found best on every collection that
/// was measured; see `docs/retrieval.md`. That is a few paragraphs: large enough to make sense by itself, small enough that
/// a citation points at something.
public struct ChunkLimits: Sendable, Hashable {
  /// Blocks are joined up to this size.
  public var target = 254
  /// No piece is larger than this together with its document's title and the headings above it. What an embedding model
  /// reads, less the two tokens that it puts around a text.
  public var maximum = 254
  /// What may be added to a piece that holds only headings, so that they stay with what they head; and how small the last
  /// piece of a section may be before it is joined to the one before it.
  public var small = 32
  /// How much of a sentence is repeated in the next piece when a single sentence has to be cut.
  public var overlap = 24

  public init() {}

  /// The limits of the text itself under a title and headings of `context` tokens. However long those are, at least half
  /// is left for the text.
  func reduced(by context: Int) -> ChunkLimits {
    var limits = self
    limits.maximum = max(maximum - context, maximum / 2)
    limits.target = min(target, limits.maximum)
    return limits
  }

  /// A block up to this size is never cut, and always has room for a heading above it.
  var wholeBlock: Int { maximum - small }
}
