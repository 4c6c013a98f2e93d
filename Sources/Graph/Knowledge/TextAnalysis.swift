import Foundation

/// Cuts text into words the way the search index does, so that every part of Rill means the same by a word.
///
/// A word is a run of letters, digits and their marks (SQLite's `unicode61` tokenizer), in lower case and without
/// diacritics. Nothing here depends on a locale.
public enum TextAnalysis {
  /// A word and where it stands.
  public struct Word: Sendable, Hashable {
    /// In lower case and without diacritics.
    public let text: String
    /// `text` without its English endings; see ``PorterStemmer``.
    public let stem: String
    /// Where the word stands, in UTF-8 bytes of the text.
    public let range: Range<Int>

    public var isStopWord: Bool { StopWords.english.contains(text) }

    /// Whether a stop word has this stem, too: "ours" and "our".
    public var hasStopStem: Bool { StopWords.stems.contains(stem) }
  }

  /// All words of a text, in order.
  public static func words(in text: some StringProtocol) -> [Word] {
    var collector = WordCollector()
    var offset = 0
    for scalar in text.unicodeScalars {
      if isWordScalar(scalar, continuing: collector.isInWord) {
        collector.append(scalar, at: offset)
      } else {
        collector.finish(at: offset)
      }
      collector.previous = scalar
      offset += UTF8.width(scalar)
    }
    collector.finish(at: offset)
    return collector.words
  }

  /// The words that carry the subject: without stop words, unless there are no others.
  public static func contentWords(in text: some StringProtocol) -> [Word] {
    let words = words(in: text)
    let content = words.filter { !$0.isStopWord }
    return content.isEmpty ? words : content
  }

  private static func isWordScalar(_ scalar: Unicode.Scalar, continuing: Bool) -> Bool {
    if scalar.isASCII {
      return switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9": true
      default: false
      }
    }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber, .privateUse:
      true
    case .nonspacingMark, .spacingMark: continuing
    default: false
    }
  }
}

/// Puts scalars together to words. Nearly all are ASCII, which is folded byte by byte.
private struct WordCollector {
  private(set) var words: [TextAnalysis.Word] = []
  var previous: Unicode.Scalar?
  /// The folded UTF-8 of the word so far.
  private var folded: [UInt8] = []
  private var start = 0
  private var isAfterApostrophe = false

  var isInWord: Bool { !folded.isEmpty }

  mutating func append(_ scalar: Unicode.Scalar, at offset: Int) {
    if folded.isEmpty {
      start = offset
      isAfterApostrophe = previous == "'" || previous == "\u{2019}"
    }
    if scalar.isASCII {
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      folded.append(byte.isUppercase ? byte + 32 : byte)
    } else if scalar.properties.generalCategory != .nonspacingMark {
      for base in Self.baseLetters(of: scalar.properties.lowercaseMapping) {
        folded.append(contentsOf: UTF8.encode(base) ?? UTF8.encodedReplacementCharacter)
      }
    }
  }

  mutating func finish(at end: Int) {
    guard isInWord else { return }
    defer { folded.removeAll(keepingCapacity: true) }
    let text = String(decoding: folded, as: UTF8.self)
    // The "s" of "river's" and the "t" of "don't" are no words.
    guard !(isAfterApostrophe && Self.contractionEndings.contains(text)) else { return }
    words.append(TextAnalysis.Word(text: text, stem: PorterStemmer.stem(text), range: start..<end))
  }

  private static let contractionEndings: Set<String> = ["s", "t", "d", "m", "ll", "re", "ve"]

  /// A lower-case letter without its diacritics. Only the blocks that hold precomposed letters are looked up.
  private static func baseLetters(of mapping: String) -> [Unicode.Scalar] {
    guard let first = mapping.unicodeScalars.first else { return [] }
    switch first.value {
    case 0xC0...0x4FF, 0x1E00...0x1FFF: break
    default: return Array(mapping.unicodeScalars)
    }
    return mapping.decomposedStringWithCanonicalMapping.unicodeScalars.filter {
      $0.properties.generalCategory != .nonspacingMark
    }
  }
}
