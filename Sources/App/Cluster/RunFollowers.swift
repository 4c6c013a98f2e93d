import Foundation

/// Which nodes have readers of this node's runs. They count as the run's own readers as long as they say so from time to
/// time: a node that is gone says nothing any more.
struct RunFollowers {
  /// How long a node counts without saying that it still has readers; it says so at ``RunMirror/refreshInterval``.
  static let lifetime = Duration.seconds(15)

  private var expiries: [UUID: [UUID: Duration]] = [:]

  /// - Returns: whether the node was not known to follow the run.
  mutating func follow(run: UUID, node: UUID, now: Duration) -> Bool {
    expiries[run, default: [:]].updateValue(now + Self.lifetime, forKey: node) == nil
  }

  /// - Returns: whether the node was known to follow the run.
  mutating func unfollow(run: UUID, node: UUID) -> Bool {
    guard expiries[run]?.removeValue(forKey: node) != nil else { return false }
    if expiries[run]?.isEmpty == true { expiries[run] = nil }
    return true
  }

  /// Forgets the nodes that have not been heard of in time.
  /// - Returns: each run once for every node that it has lost.
  mutating func takeExpired(now: Duration) -> [UUID] {
    var lost: [UUID] = []
    for (run, nodes) in expiries {
      for (node, expiry) in nodes where expiry <= now {
        _ = unfollow(run: run, node: node)
        lost.append(run)
      }
    }
    return lost
  }

  mutating func forget(run: UUID) { expiries[run] = nil }

  func isFollowed(_ run: UUID) -> Bool { expiries[run] != nil }

  /// The nodes to tell of each run's news.
  func nodes(following runs: Set<UUID>) -> [UUID: [UUID]] {
    var nodes: [UUID: [UUID]] = [:]
    for run in runs {
      for node in (expiries[run] ?? [:]).keys { nodes[node, default: []].append(run) }
    }
    return nodes
  }
}
