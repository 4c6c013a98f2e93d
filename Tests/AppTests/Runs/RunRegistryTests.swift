import Foundation
import Testing

@testable import App

/// Who may start, decided without a clock and without tasks.
@Suite struct RunRegistryTests {
  private func run(_ id: UUID, session: UUID) -> Run {
    Run(
      id: id, sessionID: session, fingerprint: RunFingerprint(message: "x", sessionID: session),
      log: RunLog(time: .system))
  }

  private func admit(_ registry: inout RunRegistry, id: UUID = UUID(), session: UUID = UUID())
    -> RunRegistry.Admission
  {
    registry.admit(
      id: id, sessionID: session, fingerprint: RunFingerprint(message: "x", sessionID: session)
    ) { run(id, session: session) }
  }

  @Test("A finished run is remembered for the retention time and then forgotten")
  func retention() throws {
    var registry = RunRegistry(limits: .init(runs: 10), retention: .seconds(5))
    let id = UUID()
    guard case .admitted(let run, _) = admit(&registry, id: id) else {
      Issue.record("not admitted")
      return
    }
    registry.finish(run, now: .seconds(1))
    registry.expire(now: .seconds(5))
    #expect(registry[id] != nil)
    registry.expire(now: .seconds(6))
    #expect(registry[id] == nil)
    #expect(registry.activeCount == 0)
  }

  @Test("Early stops are forgotten after a minute, and are bounded in number")
  func earlyStops() {
    var registry = RunRegistry(limits: .init(runs: 10), retention: .zero)
    let id = UUID()
    registry.rememberStop(id: id, now: .zero)
    registry.expire(now: .seconds(61))
    guard case .admitted(_, let isStopped) = admit(&registry, id: id) else {
      Issue.record("not admitted")
      return
    }
    #expect(!isStopped)
    for _ in 0..<(RunRegistry.earlyStopLimit + 10) { registry.rememberStop(id: UUID(), now: .seconds(62)) }
    let beyond = UUID()
    registry.rememberStop(id: beyond, now: .seconds(62))
    guard case .admitted(_, let isStopped) = admit(&registry, id: beyond) else {
      Issue.record("not admitted")
      return
    }
    #expect(!isStopped)
  }

  @Test("An abandoned run is returned once, and not when somebody came back")
  func abandoned() {
    var registry = RunRegistry(limits: .init(runs: 10), retention: .zero)
    guard case .admitted(let first, _) = admit(&registry), case .admitted(let second, _) = admit(&registry)
    else {
      Issue.record("not admitted")
      return
    }
    for run in [first, second] { registry.attach(run) }
    // A second reader of the same run is no reason to go.
    registry.attach(first)
    let wereLast = [
      registry.detach(first, deadline: .seconds(5)), registry.detach(first, deadline: .seconds(10)),
      registry.detach(second, deadline: .seconds(10)),
    ]
    #expect(wereLast == [false, true, true])
    registry.attach(second)
    #expect(registry.takeAbandoned(now: .seconds(9)).isEmpty)
    #expect(registry.takeAbandoned(now: .seconds(10)).map(\.id) == [first.id])
    #expect(registry.takeAbandoned(now: .seconds(11)).isEmpty)
  }

  @Test("A draining server admits nobody, but known runs can still be followed")
  func draining() {
    var registry = RunRegistry(limits: .init(runs: 10), retention: .zero)
    let (id, session) = (UUID(), UUID())
    _ = admit(&registry, id: id, session: session)
    registry.drain()
    guard case .refused(.draining) = admit(&registry) else {
      Issue.record("admitted")
      return
    }
    guard case .attached = admit(&registry, id: id, session: session) else {
      Issue.record("not attached")
      return
    }
  }

  @Test("A discarded run frees its session and its id")
  func discard() {
    var registry = RunRegistry(limits: .init(runs: 1), retention: .zero)
    let session = UUID()
    guard case .admitted(let run, _) = admit(&registry, session: session) else {
      Issue.record("not admitted")
      return
    }
    registry.discard(run)
    guard case .admitted = admit(&registry, session: session) else {
      Issue.record("still taken")
      return
    }
  }

  @Test("Beyond the places runs wait in order, and get the place of whoever ends")
  func queue() throws {
    var registry = RunRegistry(limits: .init(runs: 10, places: 1), retention: .zero)
    var runs: [Run] = []
    for _ in 0..<4 {
      guard case .admitted(let run, _) = admit(&registry) else {
        Issue.record("not admitted")
        return
      }
      // A run whose log is empty is not told its position yet: its metadata come first.
      if runs.count < 3 { run.log.append(.token("metadata")) }
      runs.append(run)
    }
    #expect(runs.map { $0.place.value != nil } == [true, false, false, false])
    #expect(registry.takeMoved().map(\.position) == [1, 2])
    #expect(registry.takeMoved().isEmpty)
    runs[3].log.append(.token("metadata"))
    #expect(registry.takeMoved().map(\.position) == [3])
    // One that is stopped while it waits frees no place, but the others move up.
    registry.finish(runs[1], now: .zero)
    #expect(registry.takeMoved().map(\.position) == [1, 2])
    registry.finish(runs[0], now: .zero)
    #expect(runs.map { $0.place.value != nil } == [true, false, true, false])
    #expect(registry.takeMoved().map(\.run.id) == [runs[3].id])
    registry.finish(runs[2], now: .zero)
    registry.finish(runs[3], now: .zero)
    guard case .admitted(let next, _) = admit(&registry) else {
      Issue.record("not admitted")
      return
    }
    #expect(next.place.value != nil)
  }

  @Test("A client may have so many runs; others are not affected, and an ended run counts no more")
  func perClient() {
    var registry = RunRegistry(limits: .init(runs: 10, runsPerClient: 1), retention: .zero)
    func ask(_ client: String?) -> RunRegistry.Admission {
      let (id, session) = (UUID(), UUID())
      let fingerprint = RunFingerprint(message: "x", sessionID: session)
      return registry.admit(id: id, sessionID: session, client: client, fingerprint: fingerprint) {
        Run(id: id, sessionID: session, client: client, fingerprint: fingerprint, log: RunLog(time: .system))
      }
    }
    guard case .admitted(let first, _) = ask("a") else {
      Issue.record("not admitted")
      return
    }
    guard case .refused(.clientBusy) = ask("a"), case .admitted = ask("b"), case .admitted = ask(nil),
      case .admitted = ask(nil)
    else {
      Issue.record("counted wrongly")
      return
    }
    registry.finish(first, now: .zero)
    guard case .admitted = ask("a") else {
      Issue.record("still counted")
      return
    }
  }
}
