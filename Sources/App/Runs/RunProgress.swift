import Graph
import Synchronization

/// What a running pipeline has brought so far, for the time when it is cut short.
final class RunProgress: Sendable {
  private struct State {
    var firstToken: Duration?
    var sources: [Source] = []
  }

  private let state = Mutex(State())

  /// - Parameter now: asked only for the first token.
  func note(_ event: RunEvent, at now: @Sendable () -> Duration) {
    switch event {
    case .token: state.withLock { if $0.firstToken == nil { $0.firstToken = now() } }
    case .sources(let sources): state.withLock { $0.sources = sources }
    default: break
    }
  }

  /// When the first token came, on the clock of ``RunTime``.
  var firstToken: Duration? { state.withLock { $0.firstToken } }
  var sources: [Source] { state.withLock { $0.sources } }
}
