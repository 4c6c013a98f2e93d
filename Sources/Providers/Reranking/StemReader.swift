import Graph
import Synchronization

/// Reads texts as numbers of stems, and remembers the words and the passages that it has met.
///
/// Every question reads a hundred passages, and a language has few words: nearly all of them are found in a table instead
/// of being taken apart and stemmed again. Nor is a passage that was read for another question read again.
final class StemReader: Sendable {
  /// What was read. Numbers are comparable only within one of these; they are small, and count the stems in the order in which
  /// they come.
  struct Reading: Sendable {
    var profiles: [PassageProfile]
    /// The stems of the question's words that carry its subject, in order.
    var question: [Int32]
    /// For each stem whether it can carry a subject: no stop word's, no number, and not of one or two letters.
    var isSubject: [Bool]
  }

  /// A table of this many runs takes about 10 MB; then it begins anew.
  private let maximumRuns: Int
  private let profileBytes: Int
  private let memory: Mutex<Memory>

  /// - Parameter profileBytes: how much the profiles of passages may take. The default has room for some 4,000 of them.
  init(maximumRuns: Int = 60_000, profileBytes: Int = 8 << 20) {
    self.maximumRuns = maximumRuns
    self.profileBytes = profileBytes
    memory = Mutex(Memory(profileBytes: profileBytes))
  }

  func read(question: String, passages: [Passage]) -> Reading {
    // Nobody else has to wait for this.
    let keys = passages.map(ProfileCache.Key.init)
    let words = TextAnalysis.contentWords(in: question)
    return memory.withLock { memory in
      // The profiles are in the numbers of the table.
      if memory.table.runCount > maximumRuns { memory = Memory(profileBytes: profileBytes) }
      let profiles = zip(keys, passages).map { memory.profile(of: $1, $0) }
      return memory.reading(profiles, question: words.map { memory.table.number(of: $0) })
    }
  }
}

/// What a ``StemReader`` remembers.
private struct Memory {
  var table = StemTable()
  var profiles: ProfileCache
  private var counter = StemCounter()
  /// For each stem its number in the reading that is being made; -1 outside of it.
  private var numbers: [Int32] = []

  init(profileBytes: Int) {
    profiles = ProfileCache(byteCount: profileBytes)
  }

  mutating func profile(of passage: Passage, _ key: ProfileCache.Key) -> PassageProfile {
    if let known = profiles[key] { return known }
    let words = table.numbers(of: passage.chunk.text)
    let headingWords = table.numbers(
      of: ([passage.title] + passage.chunk.headings).joined(separator: "\n"))
    let profile = counter.profile(
      words: words, headingWords: headingWords, stemCount: table.isSubject.count)
    profiles.keep(profile, key)
    return profile
  }

  /// The same in numbers of its own: lists by stem are then as long as these texts need, not as the language.
  mutating func reading(_ profiles: [PassageProfile], question: [Int32]) -> StemReader.Reading {
    if numbers.count < table.isSubject.count {
      numbers += repeatElement(-1, count: 2 * table.isSubject.count - numbers.count)
    }
    var stems: [Int32] = []
    for list in [question] + profiles.map(\.stems) {
      for stem in list where numbers[Int(stem)] < 0 {
        numbers[Int(stem)] = Int32(stems.count)
        stems.append(stem)
      }
    }
    let reading = StemReader.Reading(
      profiles: profiles.map { $0.renumbered(numbers) }, question: question.map { numbers[Int($0)] },
      isSubject: stems.map { table.isSubject[Int($0)] })
    for stem in stems { numbers[Int(stem)] = -1 }
    return reading
  }
}

/// Numbers for stems, and which stems a run of letters has.
private struct StemTable {
  private(set) var isSubject: [Bool] = []
  private var numberOfStem: [String: Int32] = [:]
  /// By the hash of a run the number of its stem, or where in ``others`` those of a run stand that has none or several.
  private var numberOfRun: [UInt64: Int32] = [:]
  /// The place `n` has the number `-1 - n`.
  private var others: [[Int32]] = []

  /// A longer run is text without spaces, which does not come a second time.
  private static let maximumRunLength = 40

  var runCount: Int { numberOfRun.count }

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
    if let known = numberOfRun[hash] {
      if known >= 0 { numbers.append(known) } else { numbers += others[Int(-1 - known)] }
      return
    }
    let read = TextAnalysis.words(in: String(decoding: run, as: UTF8.self)).map { number(of: $0) }
    if run.count <= Self.maximumRunLength { keep(read, ofRun: hash) }
    numbers += read
  }

  private mutating func keep(_ numbers: [Int32], ofRun hash: UInt64) {
    if numbers.count != 1 { others.append(numbers) }
    numberOfRun[hash] = numbers.count == 1 ? numbers[0] : Int32(-others.count)
  }

  /// FNV-1a with 64 bits: two of a million words share a hash with a chance of one in ten million.
  private static let hashStart: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let hashFactor: UInt64 = 0x100_0000_01B3

  private static func isInRun(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte &- 0x61 < 26 || byte &- 0x41 < 26 || byte &- 0x30 < 10 || byte == 0x27
  }
}
