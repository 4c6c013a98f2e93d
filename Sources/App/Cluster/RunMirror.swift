import Foundation
import Graph

/// A run of another node, followed through the store by this node's readers of it together.
final class RunMirror: Sendable {
  /// How often the run's node is told that there are still readers here, and the store is looked at without being told
  /// to: a lost notification costs that long and no more.
  static let refreshInterval = Duration.seconds(3)

  /// Its log is filled from the store.
  let run: Run
  /// The node that works on the run; `nil` when it had just ended.
  let node: UUID?
  /// Raised when it has to look into the store by itself, the run has ended, or the last reader has gone.
  let news = Signal()

  init(_ run: Run, of node: UUID?) {
    self.run = run
    self.node = node
  }

  /// Sends its readers away, to another node.
  func abandon() {
    run.abandon()
    news.raise()
  }
}

/// The runs of other nodes that have readers here.
///
/// There may be more than one of a run for a moment: one whose last reader has just gone, and a new one.
struct RunMirrors {
  private var mirrors: [ObjectIdentifier: RunMirror] = [:]
  private var newest: [UUID: RunMirror] = [:]

  var all: [RunMirror] { Array(mirrors.values) }
  var count: Int { mirrors.count }

  /// The one for readers that come now.
  func newest(of runID: UUID) -> RunMirror? { newest[runID] }

  mutating func add(_ mirror: RunMirror) {
    mirrors[ObjectIdentifier(mirror.run)] = mirror
    newest[mirror.run.id] = mirror
  }

  /// Takes no more readers.
  mutating func retire(_ run: Run) -> RunMirror? {
    if newest[run.id]?.run === run { newest[run.id] = nil }
    return mirrors[ObjectIdentifier(run)]
  }

  mutating func remove(_ mirror: RunMirror) {
    _ = retire(mirror.run)
    mirrors[ObjectIdentifier(mirror.run)] = nil
  }

  /// Those of a run, which may have news.
  func mirrors(of runID: UUID) -> [RunMirror] { mirrors.values.filter { $0.run.id == runID } }
}
