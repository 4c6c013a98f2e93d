/// One pass over a text: collects the word that is being read, and takes it apart when it ends.
struct WordPieceScanner {
  let vocabulary: WordPieceVocabulary
  let unknown: Int32
  let maximumWordLength: Int
  let limit: Int
  /// Where the tokens go; `nil` only counts them.
  let tokens: UnsafeMutablePointer<[WordPieceToken]>?
  /// The word's bytes after normalisation, and for each the place in the text that it comes from. Both have room for
  /// one scalar more than the longest word.
  let word: UnsafeMutableBufferPointer<UInt8>
  let origins: UnsafeMutableBufferPointer<Int32>

  private(set) var count = 0
  private var byteCount = 0
  private var scalarCount = 0

  init(
    vocabulary: WordPieceVocabulary, unknown: Int32, maximumWordLength: Int, limit: Int,
    tokens: UnsafeMutablePointer<[WordPieceToken]>?, word: UnsafeMutableBufferPointer<UInt8>,
    origins: UnsafeMutableBufferPointer<Int32>
  ) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    self.maximumWordLength = maximumWordLength
    self.limit = limit
    self.tokens = tokens
    self.word = word
    self.origins = origins
  }

  mutating func scan(
    _ text: UnsafeBufferPointer<UInt8>, normalizer: BertNormalizer, literals: LiteralTokens
  ) {
    var position = 0
    while position < text.count, count < limit {
      let start = position
      if let literal = literals.match(text, at: start) {
        endWord()
        emit(literal.id, at: start)
        position += literal.byteCount
        continue
      }
      let scalar = Self.decode(text, &position)
      normalizer.forEachUnit(of: scalar) { unit in
        switch unit.role {
        case .letter: append(unit.value, from: start)
        case .space: endWord()
        case .punctuation:
          endWord()
          append(unit.value, from: start)
          endWord()
        }
      }
    }
    endWord()
  }

  @inline(__always)
  private mutating func append(_ value: UInt32, from start: Int) {
    scalarCount += 1
    guard scalarCount <= maximumWordLength else { return }
    let begin = byteCount
    if value < 0x80 {
      word[begin] = UInt8(truncatingIfNeeded: value)
      byteCount += 1
    } else {
      Unicode.Scalar(value).map { scalar in
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          word[byteCount] = byte
          byteCount += 1
        }
      }
    }
    for index in begin..<byteCount { origins[index] = Int32(truncatingIfNeeded: start) }
  }

  @inline(__always)
  private mutating func endWord() {
    guard scalarCount > 0 else { return }
    let start = Int(origins[0])
    if scalarCount > maximumWordLength {
      emit(unknown, at: start)
    } else {
      splitWord(from: start)
    }
    (byteCount, scalarCount) = (0, 0)
  }

  private mutating func splitWord(from start: Int) {
    let bytes = UnsafeBufferPointer(word)
    let before = count
    var position = 0
    while position < byteCount {
      let rest = Slice(base: bytes, bounds: position..<byteCount)
      guard let piece = vocabulary.longestPiece(in: rest, at: position == 0 ? .start : .continuation) else {
        // A word with a part that nobody knows is unknown as a whole.
        tokens?.pointee.removeLast(min(count, limit) - min(before, limit))
        count = before
        return emit(unknown, at: start)
      }
      emit(piece.id, at: Int(origins[position]))
      position += piece.byteCount
    }
  }

  @inline(__always)
  private mutating func emit(_ id: Int32, at start: Int) {
    if let tokens, count < limit {
      tokens.pointee.append(WordPieceToken(id: id, start: Int32(truncatingIfNeeded: start)))
    }
    count += 1
  }

  /// The scalar at a place. Bytes that are no UTF-8 become U+FFFD, one at a time.
  @inline(__always)
  private static func decode(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Unicode.Scalar {
    let first = text[position]
    if first < 0x80 {
      position += 1
      return Unicode.Scalar(first)
    }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, position + length <= text.count else {
      position += 1
      return "\u{FFFD}"
    }
    var value = UInt32(first) & (0xFF >> (UInt32(length) + 1))
    for index in 1..<length {
      let byte = text[position + index]
      guard byte & 0xC0 == 0x80 else {
        position += 1
        return "\u{FFFD}"
      }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    position += length
    return Unicode.Scalar(value) ?? "\u{FFFD}"
  }
}
