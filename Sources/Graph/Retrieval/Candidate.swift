/// A passage that a search found, with what each way of searching said of it.
public struct Candidate: Sendable, Hashable, Codable {
  /// A place in one list of results.
  public struct Hit: Sendable, Hashable, Codable {
    /// 1 is the best.
    public var rank: Int
    /// Higher is better; comparable only within its own list.
    public var score: Double

    public init(rank: Int, score: Double) {
      self.rank = rank
      self.score = score
    }
  }

  /// Its score is the fused one.
  public var passage: Passage
  /// By BM25; `nil` when the passage has none of the question's words, or too few to be listed.
  public var words: Hit?
  /// By the cosine of the vectors; `nil` when the passage is not among the nearest, or has no vector yet.
  public var meaning: Hit?

  public init(passage: Passage, words: Hit? = nil, meaning: Hit? = nil) {
    self.passage = passage
    self.words = words
    self.meaning = meaning
  }
}
