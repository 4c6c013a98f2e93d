import Foundation
import Graph

/// Made-up documents that are like real ones in what a search costs: how often words occur (Zipf's law, as Mandelbrot
/// amended it), how they gather by subject, and how vectors gather. The same for everyone who runs it.
struct SampleCorpus {
  static let dimension = 384
  static let chunksPerDocument = 20
  private static let wordsPerChunk = 130
  private static let vocabularySize = 60_000
  private static let subjectCount = 400
  private static let wordsPerSubject = 300

  private let words: [String]
  private let cumulative: [Double]
  private let subjects: [(words: [Int], centre: [Float])]

  init() {
    var random = Randomness(state: 1)
    var seen: Set<String> = []
    var words: [String] = []
    while words.count < Self.vocabularySize {
      let word = Self.word(&random)
      if seen.insert(word).inserted { words.append(word) }
    }
    self.words = words
    var sum = 0.0
    cumulative = (0..<Self.vocabularySize).map { rank in
      sum += 1 / (Double(rank) + 2.7)
      return sum
    }
    subjects = (0..<Self.subjectCount).map { _ in
      let own = (0..<Self.wordsPerSubject).map { _ in
        Int.random(in: 200..<Self.vocabularySize, using: &random)
      }
      return (own, random.direction(Self.dimension))
    }
  }

  struct Sample {
    var document: Document
    var text: ExtractedText
    var chunks: [Chunk]
    var vectors: [[Float]]
  }

  struct Query: Codable {
    var text: String
    var vector: [Float]
  }

  func document(_ number: Int, chunkCount: Int) -> Sample {
    var random = Randomness(state: UInt64(1_000 + number))
    let id = random.id()
    let subject = subjects[number % subjects.count]
    let title = (0..<4).map { _ in words[subject.words[Int.random(in: 0..<60, using: &random)]] }.joined(
      separator: " ")
    var start = 0
    var chunks: [Chunk] = []
    var vectors: [[Float]] = []
    let centre = unit(zip(subject.centre, random.direction(Self.dimension)).map { $0 + 0.8 * $1 })
    for ordinal in 0..<chunkCount {
      let text = sentence(Self.wordsPerChunk, of: subject.words, share: 0.35, &random)
      chunks.append(
        Chunk(
          id: random.id(), documentID: id, ordinal: ordinal, headings: [words[subject.words[ordinal % 60]]],
          text: text, byteRange: start..<(start + text.utf8.count)))
      start += text.utf8.count
      vectors.append(unit(zip(centre, random.direction(Self.dimension)).map { $0 + 0.9 * $1 }))
    }
    let document = Document(
      id: id, title: title, source: "folder\(number % 10)/\(number).md", mediaType: "text/markdown",
      contentHash: "hash \(number)", byteCount: start, chunkCount: chunks.count,
      createdAt: Date(timeIntervalSince1970: Double(1_760_000_000 + number)))
    let text = ExtractedText(title: title, text: chunks.map(\.text).joined(), blocks: [])
    return Sample(document: document, text: text, chunks: chunks, vectors: vectors)
  }

  /// A question about one of the subjects: some of its words, and a common one or two.
  func query(_ number: Int) -> Query {
    var random = Randomness(state: UInt64(50_000_000 + number))
    let subject = subjects[Int.random(in: 0..<subjects.count, using: &random)]
    let own = (0..<Int.random(in: 2...5, using: &random)).map { _ in
      words[subject.words[Int.random(in: 0..<100, using: &random)]]
    }
    let common = (0..<Int.random(in: 1...2, using: &random)).map { _ in
      words[Int.random(in: 60..<600, using: &random)]
    }
    let vector = unit(zip(subject.centre, random.direction(Self.dimension)).map { $0 + 1.1 * $1 })
    return Query(text: (own + common).shuffled(using: &random).joined(separator: " "), vector: vector)
  }

  private func sentence(_ count: Int, of own: [Int], share: Double, _ random: inout Randomness) -> String {
    (0..<count).map { _ in
      if Double.random(in: 0..<1, using: &random) < share {
        let rank = Int(pow(Double(own.count), Double.random(in: 0..<1, using: &random))) - 1
        return words[own[max(rank, 0)]]
      }
      return words[rank(Double.random(in: 0..<1, using: &random) * (cumulative.last ?? 0))]
    }.joined(separator: " ")
  }

  private func rank(_ value: Double) -> Int {
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func word(_ random: inout Randomness) -> String {
    let consonants = Array("bcdfghklmnprstvz")
    let vowels = Array("aeiou")
    return (0..<Int.random(in: 2...4, using: &random)).map { _ in
      String([consonants.randomElement(using: &random) ?? "b", vowels.randomElement(using: &random) ?? "a"])
    }.joined() + String(consonants.randomElement(using: &random) ?? "n")
  }
}

func unit(_ vector: [Float]) -> [Float] {
  let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  return vector.map { $0 / length }
}

/// Steele, Lea and Flood's generator (OOPSLA 2014): the same sequence everywhere.
struct Randomness: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A vector of length 1 in any direction.
  mutating func direction(_ dimension: Int) -> [Float] {
    var vector: [Float] = []
    vector.reserveCapacity(dimension)
    while vector.count < dimension {
      // The sum of two even distributions is near enough to a normal one.
      vector.append(
        Float.random(in: -1...1, using: &self) + Float.random(in: -1...1, using: &self))
    }
    return unit(vector)
  }

  mutating func id() -> UUID {
    let (a, b) = (next(), next())
    let bytes = [a, b].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    return UUID(
      uuid: (
        bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
        bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
      ))
  }
}
