/// Cuts Markdown along its structure: a piece never crosses a heading, and paragraphs, list items, tables and code stay
/// whole where their size allows it.
public struct MarkdownChunker: Chunker {
  private let limits: ChunkLimits

  public init(limits: ChunkLimits = ChunkLimits()) {
    self.limits = limits
  }

  public func chunk(_ text: String) -> ChunkedText {
    let bytes = Array(text.utf8)
    var outline = Outline()
    var packer = ChunkPacker(bytes: bytes, limits: limits)
    var section = ChunkSection(headings: [], blocks: [])
    for block in MarkdownBlockScanner.blocks(of: bytes) {
      if case .heading(let level, let title) = block.kind {
        packer.add(section)
        section = ChunkSection(headings: outline.enter(level: level, title: title), blocks: [block])
      } else {
        section.blocks.append(block)
      }
    }
    packer.add(section)
    return ChunkedText(title: outline.title, pieces: packer.finish())
  }
}

/// The headings above a place in a document.
private struct Outline {
  private(set) var title: String?
  private var path: [(level: Int, title: String)] = []

  /// Every piece repeats the headings above it, so one as long as a chapter would be stored a thousand times.
  private static let maximumLength = 200

  /// - Returns: the headings above what follows. The one that gave the document its title is left out: it is shown with
  ///   the title already.
  mutating func enter(level: Int, title heading: String) -> [String] {
    let heading = String(heading.prefix(Self.maximumLength))
    path.removeAll { $0.level >= level }
    if title == nil, !heading.isEmpty {
      title = heading
    } else if !heading.isEmpty {
      path.append((level, heading))
    }
    return path.map(\.title)
  }
}
