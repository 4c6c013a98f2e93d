import Graph
import Synchronization

/// Reads texts as numbers of stems, and remembers the words it has met.
///
/// Every question reads a hundred passages, and a language has few words: nearly all of them are found in a table instead
/// of being taken apart and stemmed again.
final class StemReader: Sendable {
  /// What was read. Numbers are comparable only within one of these.
  struct Reading: Sendable {
    var profiles: [PassageProfile]
    /// The stems of the question's words that carry its subject, in order.
    var question: [Int32]
    /// For each stem whether it can carry a subject: no stop word's, no number, and not of one or two letters.
    var isSubject: [Bool]
  }

  /// A table of this many runs takes about 10 MB; then it begins anew.
  private let maximumRuns: Int
  private let table = Mutex(StemTable())

  init(maximumRuns: Int = 60_000) {
    self.maximumRuns = maximumRuns
  }

  func read(question: String, passages: [Passage]) -> Reading {
    table.withLock { table in
      if table.runCount > maximumRuns { table = StemTable() }
      let profiles = passages.map { passage in
        PassageProfile(
          words: table.numbers(of: passage.chunk.text),
          headingWords: table.numbers(
            of: ([passage.title] + passage.chunk.headings).joined(separator: "\n")))
      }
      let terms = TextAnalysis.contentWords(in: question).map { table.number(of: $0) }
      return Reading(profiles: profiles, question: terms, isSubject: table.isSubject)
    }
  }
}

/// Numbers for stems, and which stems a run of letters has.
private struct StemTable {
  private(set) var isSubject: [Bool] = []
  private var numberOfStem: [String: Int32] = [:]
  /// By the hash of a run.
  private var numbersOfRun: [UInt64: [Int32]] = [:]

  /// A longer run is text without spaces, which does not come a second time.
  private static let maximumRunLength = 40

  var runCount: Int { numbersOfRun.count }

  /// The stems of all words of a text, in order: the same as those of `TextAnalysis`.
  ///
  /// A run is what lies between two ASCII characters that are neither letters, digits nor apostrophes, for nothing beyond
  /// those says what is a word in it.
  mutating func numbers(of text: String) -> [Int32] {
    var text = text
    return text.withUTF8 { bytes in
      var numbers: [Int32] = []
      numbers.reserveCapacity(bytes.count / 6)
      var start = 0
      var hash = Self.hashStart
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        if Self.isInRun(byte) {
          hash = (hash ^ UInt64(byte)) &* Self.hashFactor
        } else {
          if start < index { append(UnsafeBufferPointer(rebasing: bytes[start..<index]), hash, to: &numbers) }
          start = index + 1
          hash = Self.hashStart
        }
        index += 1
      }
      if start < index { append(UnsafeBufferPointer(rebasing: bytes[start..<index]), hash, to: &numbers) }
      return numbers
    }
  }

  mutating func number(of word: TextAnalysis.Word) -> Int32 {
    if let known = numberOfStem[word.stem] { return known }
    let number = Int32(isSubject.count)
    numberOfStem[word.stem] = number
    isSubject.append(!word.hasStopStem && word.stem.count > 2 && !word.stem.allSatisfy(\.isNumber))
    return number
  }

  private mutating func append(_ run: UnsafeBufferPointer<UInt8>, _ hash: UInt64, to numbers: inout [Int32]) {
    if let known = numbersOfRun[hash] {
      numbers.append(contentsOf: known)
      return
    }
    let read = TextAnalysis.words(in: String(decoding: run, as: UTF8.self)).map { number(of: $0) }
    if run.count <= Self.maximumRunLength { numbersOfRun[hash] = read }
    numbers.append(contentsOf: read)
  }

  /// FNV-1a with 64 bits: two of a million words share a hash with a chance of one in ten million.
  private static let hashStart: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let hashFactor: UInt64 = 0x100_0000_01B3

  private static func isInRun(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte &- 0x61 < 26 || byte &- 0x41 < 26 || byte &- 0x30 < 10 || byte == 0x27
  }
}
