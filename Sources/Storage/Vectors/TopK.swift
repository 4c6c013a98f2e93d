/// Keeps the best of many scored things without ever holding more than asked for.
///
/// A binary heap with the worst on top: most candidates of a long list are refused by one comparison. Of equal scores the
/// lower number is better, so that the result does not depend on the order of arrival.
struct TopK: Sendable {
  struct Entry: Sendable, Hashable {
    var score: Float
    var sequence: Int64

    func isBetter(than other: Entry) -> Bool {
      score != other.score ? score > other.score : sequence < other.sequence
    }
  }

  let limit: Int
  private var heap: [Entry] = []

  init(limit: Int) {
    self.limit = max(limit, 0)
    heap.reserveCapacity(min(self.limit, 1_024))
  }

  /// The score below which nothing gets in any more.
  var threshold: Float { heap.count < limit || limit == 0 ? -.infinity : heap[0].score }

  mutating func offer(_ score: Float, _ sequence: Int64) {
    let entry = Entry(score: score, sequence: sequence)
    if heap.count < limit {
      heap.append(entry)
      siftUp(heap.count - 1)
    } else if let worst = heap.first, entry.isBetter(than: worst) {
      heap[0] = entry
      siftDown()
    }
  }

  mutating func merge(_ other: TopK) {
    for entry in other.heap { offer(entry.score, entry.sequence) }
  }

  /// Best first.
  var sorted: [Entry] { heap.sorted { $0.isBetter(than: $1) } }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[parent].isBetter(than: heap[child]) else { return }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var worst = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[worst].isBetter(than: heap[child]) { worst = child }
      }
      guard worst != parent else { return }
      heap.swapAt(parent, worst)
      parent = worst
    }
  }
}
