/// Cuts a text along its structure.
///
/// A piece never crosses a heading, nor the end of a page unless a paragraph does. Paragraphs, list items, rows of tables
/// and lines of code stay whole where their size allows it; only a sentence that is too long by itself is cut between words,
/// and then a part of it is repeated.
public struct StructuredChunker: Sendable {
  private let limits: ChunkLimits
  private let counter: any TokenCounter

  /// - Parameter counter: the tokenizer of the embedding model, so that the model reads every piece to its end.
  public init(limits: ChunkLimits = ChunkLimits(), counter: any TokenCounter = ApproximateTokenCounter()) {
    self.limits = limits
    self.counter = counter
  }

  /// - Returns: pieces in order that cover everything but white space; `text[byteRange]` is exactly a piece's text.
  public func chunk(_ text: ExtractedText) -> [TextPiece] {
    let measure = TokenMeasure(bytes: Array(text.text.utf8), counter: counter)
    var outline = DocumentOutline(title: text.title)
    var packer = ChunkPacker(measure: measure, pages: PageIndex(text.pages))
    var section = ChunkSection(headings: [], limits: limits(under: outline), blocks: [])
    for block in text.blocks {
      if case .heading(let level, let title) = block.kind {
        packer.add(section)
        outline.enter(level: level, title: title)
        section = ChunkSection(headings: outline.headings, limits: limits(under: outline), blocks: [block])
      } else {
        section.blocks.append(block)
      }
    }
    packer.add(section)
    return packer.finish()
  }

  private func limits(under outline: DocumentOutline) -> ChunkLimits {
    let context = ([outline.title].compactMap(\.self) + outline.headings).joined(separator: " ")
    return limits.reduced(by: counter.count(Array(context.utf8)[...]))
  }
}

/// The headings above a place in a document.
struct DocumentOutline {
  let title: String?
  private var isTitlePassed = false
  private var path: [(level: Int, title: String)] = []

  /// Every piece repeats the headings above it, so one as long as a chapter would be stored a thousand times.
  static let maximumLength = 200

  init(title: String?) {
    self.title = title.map { String($0.prefix(Self.maximumLength)) }
  }

  var headings: [String] { path.map(\.title) }

  /// The heading that gives the document its title, or the first words of it, is left out: it is shown with the title
  /// already.
  mutating func enter(level: Int, title heading: String) {
    let heading = String(heading.prefix(Self.maximumLength))
    path.removeAll { $0.level >= level }
    guard !heading.isEmpty else { return }
    if title == heading || !isTitlePassed && title?.hasPrefix(heading) == true {
      isTitlePassed = true
    } else {
      path.append((level, heading))
    }
  }
}

/// Finds the page of a place in a text.
struct PageIndex: Sendable {
  private let pages: [Range<Int>]

  init(_ pages: [Range<Int>]) {
    self.pages = pages
  }

  /// - Returns: from 1; `nil` when the text has no pages.
  func page(at index: Int) -> Int? {
    guard !pages.isEmpty else { return nil }
    var low = 0
    var high = pages.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if pages[middle].lowerBound <= index { low = middle } else { high = middle }
    }
    return low + 1
  }
}
