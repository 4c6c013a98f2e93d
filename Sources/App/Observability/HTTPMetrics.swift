import Synchronization

/// What is counted of HTTP requests.
final class HTTPMetrics: Sendable {
  private struct Key: Hashable {
    var method: String
    var status: Int
  }

  private let counts = Mutex<[Key: Int]>([:])
  /// Methods that get a label of their own; a client must not be able to make new ones.
  private static let methods: Set<String> = ["GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT"]

  func responded(method: String, status: Int) {
    let key = Key(method: Self.methods.contains(method) ? method : "other", status: status)
    counts.withLock { $0[key, default: 0] += 1 }
  }

  func write(to text: inout String) {
    text += "# HELP rill_http_requests_total Requests that were answered.\n"
    text += "# TYPE rill_http_requests_total counter\n"
    let counts = counts.withLock { $0 }
    for (key, count) in counts.sorted(by: { ($0.key.method, $0.key.status) < ($1.key.method, $1.key.status) })
    {
      text += "rill_http_requests_total{method=\"\(key.method)\",status=\"\(key.status)\"} \(count)\n"
    }
  }
}
