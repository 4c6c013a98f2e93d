/// Cuts a block that is too large for one piece, at the best places there are.
struct BlockCutter {
  let bytes: [UInt8]
  let limits: ChunkLimits

  /// - Returns: ranges in order, with nothing but white space between them. They overlap only inside a cut sentence.
  func cut(_ block: TextBlock) -> [Range<Int>] {
    let limit = block.kind == .code ? limits.wholeCode : limits.wholeBlock
    guard tokens(block.range) > limit else { return [block.range] }
    switch block.kind {
    case .paragraph, .heading: return sentences(block.range)
    case .code, .table, .listItem, .quote, .other: return lines(block.range)
    }
  }

  private func tokens(_ range: Range<Int>) -> Int { ApproximateTokens.count(bytes, range) }

  private func sentences(_ range: Range<Int>) -> [Range<Int>] {
    SentenceSplitter.sentences(in: bytes, range: range).flatMap { sentence in
      tokens(sentence) <= limits.wholeBlock ? [sentence] : words(sentence)
    }
  }

  private func lines(_ range: Range<Int>) -> [Range<Int>] {
    bytes.lines(in: range).flatMap { line -> [Range<Int>] in
      guard let text = bytes.trimmed(line.range) else { return [] }
      // The indentation of code belongs to it.
      let line = line.range.lowerBound..<text.upperBound
      return tokens(line) <= limits.wholeBlock ? [line] : sentences(text)
    }
  }

  /// Cuts inside a sentence: between words, or anywhere in a word that is too long itself.
  private func words(_ range: Range<Int>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = range.lowerBound
    while true {
      let reach = end(of: limits.target, from: start, upTo: range.upperBound)
      guard reach < range.upperBound else {
        ranges.append(start..<range.upperBound)
        return ranges
      }
      guard let gap = lastBlank(in: start..<(reach + 1)), let piece = bytes.trimmed(start..<gap) else {
        ranges.append(start..<reach)
        start = reach
        continue
      }
      ranges.append(piece)
      start = wordStart(after: beginning(of: limits.overlap, before: piece.upperBound, from: start))
      // Without a shorter word to go back to, the next piece begins where this one ended.
      if start <= piece.lowerBound || start >= piece.upperBound { start = wordStart(after: gap) }
    }
  }

  /// Where `count` tokens from `start` end, at a scalar's boundary and at least one scalar further.
  private func end(of count: Int, from start: Int, upTo limit: Int) -> Int {
    var left = count * 4
    var index = start
    while index < limit {
      if bytes[index].startsScalar {
        left -= ApproximateTokens.quarters(ofScalarStartingWith: bytes[index])
        if left < 0, index > start { break }
      }
      index += 1
    }
    return index
  }

  /// Where the last `count` tokens before `end` begin.
  private func beginning(of count: Int, before end: Int, from start: Int) -> Int {
    var left = count * 4
    var index = end
    while index > start, left > 0 {
      index -= 1
      left -= ApproximateTokens.quarters(ofScalarStartingWith: bytes[index])
    }
    return index
  }

  private func lastBlank(in range: Range<Int>) -> Int? {
    range.last { bytes[$0].isBlank }
  }

  /// The first word that begins at `index` or after it, when `index` stands in or before white space.
  private func wordStart(after index: Int) -> Int {
    var index = index
    while index < bytes.count, !bytes[index].isBlank { index += 1 }
    while index < bytes.count, bytes[index].isBlank { index += 1 }
    return index
  }
}
