/// Cuts plain text at its paragraphs; see ``StructuredChunker``.
public struct TextChunker: Chunker {
  private let limits: ChunkLimits

  public init(limits: ChunkLimits = ChunkLimits()) {
    self.limits = limits
  }

  public func chunk(_ text: String) -> ChunkedText {
    ChunkedText(title: nil, pieces: StructuredChunker(limits: limits).chunk(.plainText(text)))
  }
}
