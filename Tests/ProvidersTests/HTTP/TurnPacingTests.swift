import Testing

@testable import Providers

@Suite("The pace of the transport's turns")
struct TurnPacingTests {
  private static let start = ContinuousClock.now

  /// Turns for one second, one every `gap`, each with so many pieces.
  private func pacing(gap: Duration, pieces: Int) -> (TurnPacing, ContinuousClock.Instant) {
    var pacing = TurnPacing(now: Self.start)
    var now = Self.start
    while now < Self.start + .seconds(1) {
      now += gap
      pacing.beginTurn(pieces: pieces, now: now)
    }
    return (pacing, now)
  }

  @Test("A few streams are served piece by piece, at once")
  func calm() {
    let (pacing, now) = pacing(gap: .milliseconds(2), pieces: 1)
    #expect(abs(pacing.rate - 500) < 10)
    #expect(pacing.pause(now: now) == nil)
  }

  @Test("Many pieces a second are gathered for a millisecond, counted from the last turn's begin")
  func busy() {
    let (pacing, now) = pacing(gap: .microseconds(200), pieces: 1)
    #expect(pacing.pause(now: now) == .milliseconds(1))
    #expect(pacing.pause(now: now + .microseconds(300)) == .microseconds(700))
    #expect(pacing.pause(now: now + .milliseconds(1)) == nil, "the next turn is due already")
  }

  @Test("The more pieces, the longer they are gathered, within what a reader may wait")
  func crowded() {
    let (some, first) = pacing(gap: .milliseconds(1), pieces: 24)
    #expect(some.pause(now: first) ?? .zero > .milliseconds(2))
    let (many, second) = pacing(gap: .milliseconds(10), pieces: 2_000)
    #expect(many.pause(now: second) == TurnPacing.longestInterval)
  }

  @Test("When the pieces stop coming fast, the pause ends")
  func calmAgain() {
    var (pacing, now) = pacing(gap: .microseconds(100), pieces: 1)
    #expect(pacing.pause(now: now) != nil)
    now += .milliseconds(200)
    pacing.beginTurn(pieces: 1, now: now)
    #expect(pacing.pause(now: now) == nil)
  }
}
