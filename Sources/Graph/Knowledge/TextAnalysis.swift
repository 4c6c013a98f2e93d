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
  }

  /// All words of a text, in order.
  public static func words(in text: some StringProtocol) -> [Word] {
    var words: [Word] = []
    var folded = ""
    var start = 0
    var offset = 0
    var previous: Unicode.Scalar?
    var isAfterApostrophe = false
    func finish(at end: Int) {
      defer { folded = "" }
      // The "s" of "river's" and the "t" of "don't" are no words.
      guard !folded.isEmpty, !(isAfterApostrophe && contractionEndings.contains(folded)) else { return }
      words.append(Word(text: folded, stem: PorterStemmer.stem(folded), range: start..<end))
    }
    for scalar in text.unicodeScalars {
      let width = UTF8.width(scalar)
      if isWordScalar(scalar, continuing: !folded.isEmpty) {
        if folded.isEmpty {
          start = offset
          isAfterApostrophe = previous == "'" || previous == "\u{2019}"
        }
        append(scalar, to: &folded)
      } else if !folded.isEmpty {
        finish(at: offset)
      }
      previous = scalar
      offset += width
    }
    finish(at: offset)
    return words
  }

  /// The words that carry the subject: without stop words, unless there are no others.
  public static func contentWords(in text: some StringProtocol) -> [Word] {
    let words = words(in: text)
    let content = words.filter { !$0.isStopWord }
    return content.isEmpty ? words : content
  }

  private static let contractionEndings: Set<String> = ["s", "t", "d", "m", "ll", "re", "ve"]

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

  private static func append(_ scalar: Unicode.Scalar, to folded: inout String) {
    if scalar.isASCII {
      let lower = ("A"..."Z").contains(scalar) ? scalar.value + 32 : scalar.value
      folded.unicodeScalars.append(Unicode.Scalar(UInt8(lower)))
      return
    }
    guard scalar.properties.generalCategory != .nonspacingMark else { return }
    for base in baseLetters(of: scalar.properties.lowercaseMapping) { folded.unicodeScalars.append(base) }
  }

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
