import Synchronization

/// A counter, or a gauge, that costs an atomic addition.
final class MetricValue: Sendable {
  private let value = Atomic<Int>(0)

  func add(_ amount: Int = 1) { value.wrappingAdd(amount, ordering: .relaxed) }
  var current: Int { value.load(ordering: .relaxed) }
}

/// A histogram with fixed buckets, in seconds.
final class DurationHistogram: Sendable {
  /// Upper bounds in seconds, from a cache hit to a slow model's answer.
  static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

  private struct State {
    var counts = [Int](repeating: 0, count: DurationHistogram.bounds.count + 1)
    var sum = 0.0
  }

  private let state = Mutex(State())

  func record(seconds: Double) {
    let index = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    state.withLock {
      $0.counts[index] += 1
      $0.sum += seconds
    }
  }

  /// Appends the Prometheus text of the histogram; its buckets are cumulative.
  func write(name: String, help: String, to text: inout String) {
    let state = state.withLock { $0 }
    text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
    var total = 0
    for (index, bound) in Self.bounds.enumerated() {
      total += state.counts[index]
      text += "\(name)_bucket{le=\"\(bound)\"} \(total)\n"
    }
    total += state.counts[Self.bounds.count]
    text += "\(name)_bucket{le=\"+Inf\"} \(total)\n\(name)_sum \(state.sum)\n\(name)_count \(total)\n"
  }
}
