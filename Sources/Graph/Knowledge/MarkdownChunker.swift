/// Cuts Markdown along its structure; see ``StructuredChunker``.
public struct MarkdownChunker: Chunker {
  private let limits: ChunkLimits

  public init(limits: ChunkLimits = ChunkLimits()) {
    self.limits = limits
  }

  public func chunk(_ text: String) -> ChunkedText {
    let extracted = ExtractedText.markdown(text)
    return ChunkedText(title: extracted.title, pieces: StructuredChunker(limits: limits).chunk(extracted))
  }
}
