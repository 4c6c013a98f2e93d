/// Cuts a block that is too large for one piece, at the best places there are.
struct BlockCutter {
  let measure: TokenMeasure
  let limits: ChunkLimits

  private var bytes: [UInt8] { measure.bytes }

  /// - Returns: ranges in order, with nothing but white space between them. They overlap only inside a cut sentence.
  func cut(_ block: TextBlock) -> [Range<Int>] {
    guard tokens(block.range) > limits.wholeBlock else { return [block.range] }
    switch block.kind {
    case .paragraph, .heading: return sentences(block.range)
    case .code, .table, .listItem, .quote, .other: return lines(block.range)
    }
  }

  private func tokens(_ range: Range<Int>) -> Int { measure.count(range) }

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
      let reach = measure.end(of: limits.target, from: start, upTo: range.upperBound)
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
      start = overlapStart(of: piece) ?? wordStart(after: gap)
    }
  }

  /// Where the words that are repeated begin: the last ones of a piece that are at most `overlap` tokens together.
  private func overlapStart(of piece: Range<Int>) -> Int? {
    var found: Int?
    var index = piece.upperBound
    while index > piece.lowerBound {
      index -= 1
      guard bytes[index].isBlank, !bytes[index + 1].isBlank else { continue }
      guard tokens((index + 1)..<piece.upperBound) <= limits.overlap else { break }
      found = index + 1
    }
    return found
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
