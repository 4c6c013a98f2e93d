/// The blocks under one heading, the heading's own first.
struct ChunkSection: Sendable {
  let headings: [String]
  let limits: ChunkLimits
  var blocks: [TextBlock]
}

/// Joins the blocks of each section to pieces of about the target size.
struct ChunkPacker {
  private let measure: TokenMeasure
  private let pages: PageIndex
  private var pieces: [TextPiece] = []
  /// A lead-in that nothing has followed yet. It goes to the next section's first piece.
  private var waiting: ChunkRun?

  /// Neighbouring blocks on their way to a piece.
  private struct ChunkRun {
    var headings: [String]
    var range: Range<Int>
    var tokens: Int
    /// Headings, comments and settings say nothing without what follows.
    var isLeadIn: Bool
  }

  init(measure: TokenMeasure, pages: PageIndex) {
    self.measure = measure
    self.pages = pages
  }

  mutating func add(_ section: ChunkSection) {
    var run = waiting
    run?.headings = section.headings
    waiting = nil
    var closed: [ChunkRun] = []
    for next in section.blocks.flatMap({ runs($0, of: section) }) {
      if let current = run, let joined = join(current, next, section.limits) {
        run = joined
      } else {
        if let current = run { close(current, into: &closed, section.limits) }
        run = next
      }
    }
    if let last = run {
      if last.isLeadIn { waiting = last } else { close(last, into: &closed, section.limits) }
    }
    pieces.append(contentsOf: closed.map(piece))
  }

  mutating func finish() -> [TextPiece] {
    if let waiting { pieces.append(piece(waiting)) }
    waiting = nil
    return pieces
  }

  /// A block, or its parts when it is too large for one piece. The later parts of a function or class stand under its
  /// first line: without it nobody knows what they belong to.
  private func runs(_ block: TextBlock, of section: ChunkSection) -> [ChunkRun] {
    let ranges = BlockCutter(measure: measure, limits: section.limits).cut(block)
    let declaration = ranges.count > 1 ? declaration(of: block) : nil
    return ranges.enumerated().map { index, range in
      ChunkRun(
        headings: section.headings + (index > 0 ? [declaration].compactMap(\.self) : []), range: range,
        tokens: measure.count(range), isLeadIn: block.isLeadIn)
    }
  }

  private func declaration(of block: TextBlock) -> String? {
    guard block.kind == .code, let line = measure.bytes.lines(in: block.range).first?.range,
      let trimmed = measure.bytes.trimmed(line), trimmed.count <= 120,
      measure.bytes[trimmed].contains(where: { $0.isLowercase || $0.isUppercase }),
      measure.bytes[trimmed.lowerBound] != UInt8(ascii: "`"),
      measure.bytes[trimmed.lowerBound] != UInt8(ascii: "~")
    else { return nil }
    return String(decoding: measure.bytes[trimmed], as: UTF8.self)
  }

  /// The size of both together, at most. What lies between them is white space, unless they overlap.
  private func tokens(_ first: ChunkRun, _ second: ChunkRun) -> Int {
    first.tokens + max(0, second.range.lowerBound - first.range.upperBound + 3) / 4 + second.tokens
  }

  /// The two as one, unless that is too large or they stand on different pages.
  private func join(_ current: ChunkRun, _ next: ChunkRun, _ limits: ChunkLimits) -> ChunkRun? {
    guard current.isLeadIn || areOnOnePage(current, next) else { return nil }
    let sum = tokens(current, next)
    let limit = current.isLeadIn && current.tokens <= limits.small ? limits.maximum : limits.target
    guard sum <= limit else { return nil }
    return ChunkRun(
      headings: current.isLeadIn ? next.headings : current.headings,
      range: current.range.lowerBound..<next.range.upperBound, tokens: sum,
      isLeadIn: current.isLeadIn && next.isLeadIn)
  }

  /// Whether the second begins on the page on which the first ends.
  private func areOnOnePage(_ first: ChunkRun, _ second: ChunkRun) -> Bool {
    pages.page(at: first.range.upperBound - 1) == pages.page(at: second.range.lowerBound)
  }

  /// A last piece of a few words is better off with the piece before it.
  private func close(_ last: ChunkRun, into closed: inout [ChunkRun], _ limits: ChunkLimits) {
    if last.tokens < limits.small, let previous = closed.last, areOnOnePage(previous, last),
      tokens(previous, last) <= limits.maximum
    {
      closed[closed.count - 1].range = previous.range.lowerBound..<last.range.upperBound
      closed[closed.count - 1].tokens = tokens(previous, last)
    } else {
      closed.append(last)
    }
  }

  private func piece(_ run: ChunkRun) -> TextPiece {
    TextPiece(
      headings: run.headings, text: String(decoding: measure.bytes[run.range], as: UTF8.self),
      byteRange: run.range, page: pages.page(at: run.range.lowerBound))
  }
}

extension TextBlock {
  fileprivate var isLeadIn: Bool {
    switch kind {
    case .heading, .other: true
    case .paragraph, .listItem, .quote, .table, .code: false
    }
  }
}
