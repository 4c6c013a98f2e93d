/// A chunk that a search found, and that nobody has read yet.
public struct ChunkHit: Sendable, Hashable {
  /// A number that means this chunk as long as the search lasts.
  public var chunk: Int64
  /// Higher is better; comparable only within its own list.
  public var score: Double

  public init(chunk: Int64, score: Double) {
    self.chunk = chunk
    self.score = score
  }
}

/// What several lists say together of a chunk.
public struct FusedHit: Sendable, Hashable {
  public let chunk: Int64
  public fileprivate(set) var score = 0.0
  /// See ``Candidate``.
  public fileprivate(set) var words: Candidate.Hit?
  public fileprivate(set) var meaning: Candidate.Hit?

  fileprivate init(chunk: Int64) {
    self.chunk = chunk
  }
}

/// The chunks of all lists, each once.
struct FusedHits {
  private var hits: [FusedHit] = []
  /// Where each stands in ``hits``.
  private var numbers: [Int64: Int] = [:]

  init(words: [[ChunkHit]], meaning: [[ChunkHit]]) {
    collect(words, \.words)
    collect(meaning, \.meaning)
  }

  /// Takes over the places of the lists; of several the best.
  private mutating func collect(_ lists: [[ChunkHit]], _ path: WritableKeyPath<FusedHit, Candidate.Hit?>) {
    for list in lists {
      for (index, hit) in list.enumerated() {
        let number = number(of: hit.chunk)
        if let known = hits[number][keyPath: path], known.rank <= index + 1 { continue }
        hits[number][keyPath: path] = Candidate.Hit(rank: index + 1, score: hit.score)
      }
    }
  }

  /// Adds to the scores what a list says.
  /// - Parameter missing: what it says of chunks that are not in it.
  mutating func add(_ list: [ChunkHit], missing: Double, _ share: (_ rank: Int, _ score: Double) -> Double) {
    var shares = [Double](repeating: missing, count: hits.count)
    for (index, hit) in list.enumerated() {
      if let number = numbers[hit.chunk] { shares[number] = share(index + 1, hit.score) }
    }
    for number in hits.indices { hits[number].score += shares[number] }
  }

  /// Best first, and all that are as good as the last one within the limit.
  func best(_ limit: Int) -> [FusedHit] {
    guard limit > 0 else { return [] }
    let order = hits.indices.sorted { (hits[$1].score, $0) < (hits[$0].score, $1) }
    guard limit < order.count else { return order.map { hits[$0] } }
    let least = hits[order[limit - 1]].score
    let end = order[limit...].firstIndex { hits[$0].score < least } ?? order.endIndex
    return order[..<end].map { hits[$0] }
  }

  private mutating func number(of chunk: Int64) -> Int {
    if let known = numbers[chunk] { return known }
    numbers[chunk] = hits.count
    hits.append(FusedHit(chunk: chunk))
    return hits.count - 1
  }
}
