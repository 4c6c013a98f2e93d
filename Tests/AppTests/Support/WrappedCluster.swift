import Foundation
import Graph
import Storage
import Synchronization

/// A node's cluster with things in its way.
final class WrappedCluster: Cluster {
  struct Hooks: Sendable {
    /// Messages reach the node.
    var hears = true
    /// Runs after a request to stop was stored, and before the caller knows of it.
    var afterRequestStop: @Sendable (UUID) async throws -> Void = { _ in }
    /// Runs before the node looks whether its runs shall end.
    var beforeStopRequests: @Sendable () async -> Void = {}
    /// Runs before messages are sent.
    var beforeSend: @Sendable ([NodeMessage]) -> Void = { _ in }
  }

  private let cluster: any Cluster
  private let hooks: Hooks
  private let isCut = Mutex(false)

  init(_ cluster: any Cluster, _ hooks: Hooks = Hooks()) {
    self.cluster = cluster
    self.hooks = hooks
  }

  /// From now on leases are not renewed, and nothing is sent.
  func cut() { isCut.withLock { $0 = true } }
  func mend() { isCut.withLock { $0 = false } }

  private func check() throws {
    if isCut.withLock({ $0 }) { throw StoreError(.unavailable, "Cut off.") }
  }

  var nodeID: UUID { cluster.nodeID }

  func renewLease(for duration: Duration) async throws -> Date {
    try check()
    return try await cluster.renewLease(for: duration)
  }

  func leave() async throws { try await cluster.leave() }
  func ownRuns() async throws -> Set<UUID> { try await cluster.ownRuns() }
  func livingNodes() async throws -> Set<UUID> { try await cluster.livingNodes() }

  func exclusively<Value: Sendable>(
    _ name: String, _ body: @Sendable () async throws -> Value
  ) async throws -> Value { try await cluster.exclusively(name, body) }

  func node(runID: UUID) async throws -> UUID? { try await cluster.node(runID: runID) }

  func requestStop(runID: UUID) async throws -> UUID? {
    let node = try await cluster.requestStop(runID: runID)
    try await hooks.afterRequestStop(runID)
    return node
  }

  func stopRequests(among runs: Set<UUID>) async throws -> Set<UUID> {
    await hooks.beforeStopRequests()
    return try await cluster.stopRequests(among: runs)
  }

  func send(_ messages: [NodeMessage], to node: UUID?) async throws {
    try check()
    hooks.beforeSend(messages)
    try await cluster.send(messages, to: node)
  }

  func listen(_ receive: @escaping @Sendable (ClusterEvent) async -> Void) async {
    if hooks.hears { return await cluster.listen(receive) }
    try? await Task.sleep(for: .seconds(3_600))
  }
}
