/// Decides how long the transport's thread lets pieces gather before it looks at its sockets again.
///
/// A look at the sockets, and waking whoever writes what came, cost the same for one piece as for fifty. So while pieces
/// come faster than anybody could notice, the thread takes them together, a millisecond's worth at a time. Below that it
/// takes each as it comes. The more come, the longer they gather: fewer and larger pieces instead of a growing delay.
struct TurnPacing {
  typealias Instant = ContinuousClock.Instant

  /// Pieces a second above which they are gathered: the tokens of some twenty streams of a fast model.
  static let threshold = 1_000.0
  /// How far apart turns begin then. A fiftieth of what lies between two tokens of a stream, which nobody sees.
  static let interval = Duration.milliseconds(1)
  /// Pieces a second above which the interval grows, with the square of their number: about what a processor can do without.
  static let crowd = 12_000.0
  /// How far apart turns begin at most: with what else happens to a token it stays within a tenth of a second.
  static let longestInterval = Duration.milliseconds(50)
  /// The time over which the rate is averaged, in seconds.
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
    let crowding = max(1, rate / Self.crowd)
    let interval = min(Self.interval * (crowding * crowding), Self.longestInterval)
    let elapsed = now - begin
    return elapsed < interval ? interval - elapsed : nil
  }
}
