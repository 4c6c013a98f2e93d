/// Decides how long the transport's thread lets pieces gather before it looks at its sockets again.
///
/// A look at the sockets, and waking whoever writes what came, cost the same for one piece as for fifty. So while pieces
/// come faster than somebody could notice, the thread takes them together, a millisecond's worth at a time. Below that it
/// takes each as it comes. When the machine lags, so that a turn takes long, turns grow further apart: fewer and larger
/// pieces instead of a growing delay.
struct TurnPacing {
  typealias Instant = ContinuousClock.Instant

  /// Pieces a second above which they are gathered. Some twenty streams of a fast model.
  static let threshold = 1_000.0
  /// How far apart turns begin then. A twentieth of what lies between two tokens of a stream, which nobody sees.
  static let interval = Duration.milliseconds(1)
  /// How far apart they begin at most, however long they take: with what else happens to a token it stays within a tenth
  /// of a second.
  static let longestInterval = Duration.milliseconds(40)
  /// The time over which the rate is averaged.
  private static let window = 0.1

  private var begin: Instant
  /// Pieces a second.
  private(set) var rate = 0.0

  init(now: Instant) {
    begin = now
  }

  /// Begins a turn.
  /// - Parameter pieces: how many sockets had something.
  mutating func beginTurn(pieces: Int, now: Instant) {
    let seconds = max((now - begin) / .seconds(1), 1e-6)
    // Exponential smoothing, with a weight that depends on the time that passed.
    let weight = min(1, seconds / Self.window)
    rate += (Double(pieces) / seconds - rate) * weight
    begin = now
  }

  /// How long to let pieces gather now that a turn has ended; `nil` when the next one may come at once.
  func pause(now: Instant) -> Duration? {
    guard rate > Self.threshold else { return nil }
    let elapsed = now - begin
    let interval = min(max(Self.interval, elapsed * 2), Self.longestInterval)
    return elapsed < interval ? interval - elapsed : nil
  }
}
