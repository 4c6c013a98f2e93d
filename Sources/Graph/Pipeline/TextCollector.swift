import Synchronization

/// Collects the first bytes of a stream of text.
final class TextCollector: Sendable {
  private let limit: Int
  private let buffer = Mutex("")

  /// - Parameter limit: UTF-8 bytes after which further pieces are dropped.
  init(limit: Int) {
    self.limit = limit
  }

  func append(_ text: String) {
    buffer.withLock { if $0.utf8.count < limit { $0 += text } }
  }

  var text: String { buffer.withLock { $0 } }
}
