/// Cuts plain text: paragraphs between blank lines, joined up to the target size.
public struct TextChunker: Chunker {
  private let limits: ChunkLimits

  public init(limits: ChunkLimits = ChunkLimits()) {
    self.limits = limits
  }

  public func chunk(_ text: String) -> ChunkedText {
    let bytes = Array(text.utf8)
    var packer = ChunkPacker(bytes: bytes, limits: limits)
    packer.add(ChunkSection(headings: [], blocks: Self.paragraphs(bytes)))
    return ChunkedText(title: nil, pieces: packer.finish())
  }

  private static func paragraphs(_ bytes: [UInt8]) -> [TextBlock] {
    var paragraphs: [TextBlock] = []
    var current: Range<Int>?
    func close() {
      if let range = current { paragraphs.append(TextBlock(kind: .paragraph, range: range)) }
      current = nil
    }
    for line in bytes.lines(in: bytes.byteOrderMarkLength..<bytes.count) {
      if let text = bytes.trimmed(line.range) {
        current = (current?.lowerBound ?? line.range.lowerBound)..<text.upperBound
      } else {
        close()
      }
    }
    close()
    return paragraphs
  }
}
