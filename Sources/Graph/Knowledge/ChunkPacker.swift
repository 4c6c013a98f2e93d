/// The blocks under one heading, the heading's own first.
struct ChunkSection: Sendable {
  let headings: [String]
  var blocks: [TextBlock]
}

/// Joins the blocks of each section to pieces of about the target size.
struct ChunkPacker {
  private let bytes: [UInt8]
  private let limits: ChunkLimits
  private let cutter: BlockCutter
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

  init(bytes: [UInt8], limits: ChunkLimits) {
    self.bytes = bytes
    self.limits = limits
    cutter = BlockCutter(bytes: bytes, limits: limits)
  }

  mutating func add(_ section: ChunkSection) {
    var run = waiting
    run?.headings = section.headings
    waiting = nil
    var closed: [ChunkRun] = []
    for block in section.blocks {
      for range in cutter.cut(block) {
        let next = ChunkRun(
          headings: section.headings, range: range, tokens: tokens(range), isLeadIn: block.isLeadIn)
        if let current = run, let joined = join(current, next) {
          run = joined
        } else {
          if let current = run { closed.append(current) }
          run = next
        }
      }
    }
    if let last = run {
      if last.isLeadIn { waiting = last } else { close(last, into: &closed) }
    }
    pieces.append(contentsOf: closed.map(piece))
  }

  mutating func finish() -> [TextPiece] {
    if let waiting { pieces.append(piece(waiting)) }
    waiting = nil
    return pieces
  }

  private func tokens(_ range: Range<Int>) -> Int { ApproximateTokens.count(bytes, range) }

  /// The size of both together. What lies between them is white space, or negative where they overlap.
  private func tokens(_ first: ChunkRun, _ second: ChunkRun) -> Int {
    first.tokens + (second.range.lowerBound - first.range.upperBound) / 4 + second.tokens
  }

  /// The two as one, unless that is too large.
  private func join(_ current: ChunkRun, _ next: ChunkRun) -> ChunkRun? {
    let sum = tokens(current, next)
    let limit = current.isLeadIn && current.tokens <= limits.small ? limits.maximum : limits.target
    guard sum <= limit else { return nil }
    return ChunkRun(
      headings: next.headings, range: current.range.lowerBound..<next.range.upperBound, tokens: sum,
      isLeadIn: current.isLeadIn && next.isLeadIn)
  }

  /// A last piece of a few words is better off with the piece before it.
  private func close(_ last: ChunkRun, into closed: inout [ChunkRun]) {
    if last.tokens < limits.small, let previous = closed.last,
      tokens(previous, last) <= limits.wholeBlock + limits.small
    {
      closed[closed.count - 1].range = previous.range.lowerBound..<last.range.upperBound
    } else {
      closed.append(last)
    }
  }

  private func piece(_ run: ChunkRun) -> TextPiece {
    TextPiece(
      headings: run.headings, text: String(decoding: bytes[run.range], as: UTF8.self), byteRange: run.range)
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
