/// Makes of the kept passages what the model reads: neighbours become one passage, and no more than fit.
public struct ContextPacker: Sendable {
  /// UTF-8 bytes of a passage made of neighbours: about three pages of a paperback.
  static let longestMerged = 4_000

  /// UTF-8 bytes that all passages may take together; the first one stays whatever its size.
  private let budget: Int

  public init(budget: Int) {
    self.budget = budget
  }

  /// - Parameter kept: best first.
  /// - Returns: best first; passage `n` of the answer's citations is the `n`-th. A merged passage stands where its best
  ///   part stood, and has the id and the score of that part.
  public func pack(_ kept: [Passage]) -> [Passage] {
    var packed: [Run] = []
    var left = budget
    for passage in kept {
      let size = passage.chunk.text.utf8.count
      guard packed.isEmpty || size <= left else { continue }
      left -= size
      packed.append(Run(passage))
      mergeNeighbours(&packed)
    }
    return packed.map(\.passage)
  }

  /// Chunks that follow each other in one document.
  private struct Run {
    var passage: Passage
    var ordinals: ClosedRange<Int>

    init(_ passage: Passage) {
      self.passage = passage
      ordinals = passage.chunk.ordinal...passage.chunk.ordinal
    }

    /// Sections are cited apart, and a very long passage would point at nothing.
    func isBefore(_ other: Run) -> Bool {
      passage.chunk.documentID == other.passage.chunk.documentID
        && ordinals.upperBound + 1 == other.ordinals.lowerBound
        && passage.chunk.headings == other.passage.chunk.headings
        && passage.chunk.byteRange.lowerBound <= other.passage.chunk.byteRange.lowerBound
        && passage.chunk.text.utf8.count + other.passage.chunk.text.utf8.count <= ContextPacker.longestMerged
    }
  }

  /// The newest passage may close a gap between two others, so both of its sides are looked at.
  private func mergeNeighbours(_ runs: inout [Run]) {
    for _ in 0..<2 {
      guard
        let index = runs.indices.dropLast().last(where: { first in
          runs[(first + 1)...].contains { runs[first].isBefore($0) || $0.isBefore(runs[first]) }
        })
      else { return }
      guard
        let other = runs[(index + 1)...].firstIndex(where: {
          runs[index].isBefore($0) || $0.isBefore(runs[index])
        })
      else { return }
      runs[index] = Self.merged(runs[index], runs[other])
      runs.remove(at: other)
    }
  }

  private static func merged(_ better: Run, _ other: Run) -> Run {
    let isFirst = better.isBefore(other)
    let (first, second) =
      isFirst ? (better.passage.chunk, other.passage.chunk) : (other.passage.chunk, better.passage.chunk)
    var run = better
    run.ordinals =
      min(
        better.ordinals.lowerBound, other.ordinals.lowerBound)...max(
        better.ordinals.upperBound, other.ordinals.upperBound)
    run.passage.chunk.text = joined(first, second)
    run.passage.chunk.byteRange =
      first.byteRange.lowerBound..<max(first.byteRange.upperBound, second.byteRange.upperBound)
    run.passage.chunk.page = first.page
    return run
  }

  /// The text of two neighbours. They repeat a few words where a sentence was cut; else a break was between them.
  private static func joined(_ first: Chunk, _ second: Chunk) -> String {
    let overlap = first.byteRange.upperBound - second.byteRange.lowerBound
    guard overlap > 0 else { return first.text + "\n\n" + second.text }
    return first.text + String(decoding: second.text.utf8.dropFirst(overlap), as: UTF8.self)
  }
}
