/// Reduces English words to their stems: `retrieval`, `retrieved` and `retrieving` become `retriev`.
///
/// The algorithm of M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980), with the two changes that its
/// author made later (`bli` and `logi` in step 2), so that stems are those of SQLite's `porter` tokenizer.
public enum PorterStemmer {
  /// Words longer than this are ids or noise, and stay as they are; SQLite has the same limit.
  static let maximumLength = 64

  /// - Parameter word: a word in lower case. One with anything but the letters a–z is returned as it is.
  public static func stem(_ word: String) -> String {
    let bytes = Array(word.utf8)
    guard bytes.count > 2, bytes.count <= maximumLength,
      bytes.allSatisfy({ $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") })
    else { return word }
    var stemmer = Stemming(word: bytes)
    stemmer.run()
    return String(decoding: stemmer.word, as: UTF8.self)
  }
}

/// One word on its way through the steps.
private struct Stemming {
  var word: [UInt8]

  mutating func run() {
    removePluralsAndParticiples()
    replaceFinalY()
    replaceFirst(in: Suffixes.step2, measureAbove: 0)
    replaceFirst(in: Suffixes.step3, measureAbove: 0)
    removeFourthStepSuffix()
    removeFinalE()
  }

  /// Steps 1a and 1b.
  private mutating func removePluralsAndParticiples() {
    if ends("sses") || ends("ies") {
      word.removeLast(2)
    } else if ends("s"), !ends("ss") {
      word.removeLast()
    }
    if ends("eed") {
      if measure(word.count - 3) > 0 { word.removeLast() }
      return
    }
    let length = ends("ed") ? 2 : ends("ing") ? 3 : 0
    guard length > 0, hasVowel(word.count - length) else { return }
    word.removeLast(length)
    if ends("at") || ends("bl") || ends("iz") {
      word.append(UInt8(ascii: "e"))
    } else if endsWithDoubleConsonant, !["l", "s", "z"].contains(where: { ends($0) }) {
      word.removeLast()
    } else if measure(word.count) == 1, endsShort(word.count) {
      word.append(UInt8(ascii: "e"))
    }
  }

  /// Step 1c.
  private mutating func replaceFinalY() {
    guard ends("y"), hasVowel(word.count - 1) else { return }
    word[word.count - 1] = UInt8(ascii: "i")
  }

  /// Steps 2 and 3: the longest suffix that fits decides, even when its stem is too short to be cut.
  private mutating func replaceFirst(in rules: [Suffixes.Rule], measureAbove limit: Int) {
    guard let rule = rules.first(where: { ends($0.suffix) }) else { return }
    let length = word.count - rule.suffix.utf8CodeUnitCount
    guard measure(length) > limit else { return }
    word.removeLast(word.count - length)
    rule.replacement.withUTF8Buffer { word.append(contentsOf: $0) }
  }

  /// Step 4.
  private mutating func removeFourthStepSuffix() {
    guard let suffix = Suffixes.step4.first(where: { ends($0) }) else { return }
    let length = word.count - suffix.utf8CodeUnitCount
    guard measure(length) > 1 else { return }
    if suffix.utf8CodeUnitCount == 3, ends("ion") {
      guard length > 0, word[length - 1] == UInt8(ascii: "s") || word[length - 1] == UInt8(ascii: "t")
      else { return }
    }
    word.removeLast(word.count - length)
  }

  /// Steps 5a and 5b.
  private mutating func removeFinalE() {
    if ends("e") {
      let measure = measure(word.count - 1)
      if measure > 1 || (measure == 1 && !endsShort(word.count - 1)) { word.removeLast() }
    }
    if ends("ll"), measure(word.count) > 1 { word.removeLast() }
  }

  private func ends(_ suffix: StaticString) -> Bool {
    let length = suffix.utf8CodeUnitCount
    guard word.count >= length else { return false }
    return suffix.withUTF8Buffer { word[(word.count - length)...].elementsEqual($0) }
  }

  private func isConsonant(_ index: Int) -> Bool {
    switch word[index] {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
    case UInt8(ascii: "y"): index == 0 || !isConsonant(index - 1)
    default: true
    }
  }

  /// Porter's m: how often a vowel is followed by a consonant in the first `length` letters.
  private func measure(_ length: Int) -> Int {
    var count = 0
    var previousIsVowel = false
    for index in 0..<length {
      let consonant = isConsonant(index)
      if consonant, previousIsVowel { count += 1 }
      previousIsVowel = !consonant
    }
    return count
  }

  private func hasVowel(_ length: Int) -> Bool { (0..<length).contains { !isConsonant($0) } }

  private var endsWithDoubleConsonant: Bool {
    let last = word.count - 1
    return last >= 1 && word[last] == word[last - 1] && isConsonant(last)
  }

  /// Porter's *o: consonant, vowel, consonant other than w, x, y.
  private func endsShort(_ length: Int) -> Bool {
    guard length >= 3, isConsonant(length - 1), !isConsonant(length - 2), isConsonant(length - 3)
    else { return false }
    return ![UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y")].contains(word[length - 1])
  }
}

/// The tables of steps 2 to 4. A suffix that ends in another one stands before it.
private enum Suffixes {
  struct Rule: Sendable {
    let suffix: StaticString
    let replacement: StaticString

    init(_ suffix: StaticString, _ replacement: StaticString) {
      self.suffix = suffix
      self.replacement = replacement
    }
  }

  static let step2: [Rule] = [
    Rule("ational", "ate"), Rule("tional", "tion"), Rule("enci", "ence"), Rule("anci", "ance"),
    Rule("izer", "ize"), Rule("bli", "ble"), Rule("alli", "al"), Rule("entli", "ent"), Rule("eli", "e"),
    Rule("ousli", "ous"), Rule("ization", "ize"), Rule("ation", "ate"), Rule("ator", "ate"),
    Rule("alism", "al"), Rule("iveness", "ive"), Rule("fulness", "ful"), Rule("ousness", "ous"),
    Rule("aliti", "al"), Rule("iviti", "ive"), Rule("biliti", "ble"), Rule("logi", "log"),
  ]
  static let step3: [Rule] = [
    Rule("icate", "ic"), Rule("ative", ""), Rule("alize", "al"), Rule("iciti", "ic"), Rule("ical", "ic"),
    Rule("ful", ""), Rule("ness", ""),
  ]
  static let step4: [StaticString] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize",
  ]
}
