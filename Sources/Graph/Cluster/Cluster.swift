public import Foundation

/// The processes ("nodes") that share one store, as one of them sees it.
///
/// A node is alive as long as its lease, which it renews by the store's own clock: the clocks of the machines are never
/// compared with each other. Runs of a node whose lease has run out appear in ``RunStore/abandonedRuns(limit:)``.
public protocol Cluster: Sendable {
  /// This node. The same after a restart with the same data folder.
  var nodeID: UUID { get }

  /// Says that this node is alive, for so long from now on. The first call makes it known.
  /// - Returns: the store's clock at that moment.
  /// - Throws: ``StoreError`` from every call.
  @discardableResult
  func renewLease(for duration: Duration) async throws -> Date
  /// Ends the lease: nothing of this node is going on any more.
  func leave() async throws
  /// The nodes whose lease has not run out, this one included.
  func livingNodes() async throws -> Set<UUID>

  /// Runs `body` while no other process of the cluster runs one under the same name, and waits for those that do.
  func exclusively<Value: Sendable>(
    _ name: String, _ body: @Sendable () async throws -> Value
  ) async throws -> Value

  /// The node that is working on a run; `nil` when the run is not known or has ended.
  func node(runID: UUID) async throws -> UUID?

  /// The runs that this process has begun and that have not ended in the store, of all owners.
  func ownRuns() async throws -> Set<UUID>

  /// Remembers that a run shall end, also one that is not stored yet, and then looks for the node that works on it. Whoever
  /// stores a run and then asks ``stopRequests(among:)`` misses no request.
  /// - Returns: the node to send ``NodeMessage/stop(run:)`` to; `nil` when the run is not known or has ended.
  func requestStop(runID: UUID) async throws -> UUID?
  /// Which of the runs have been asked to end.
  func stopRequests(among runs: Set<UUID>) async throws -> Set<UUID>

  /// Sends messages, in order.
  /// - Parameter node: `nil` for every node but this one.
  func send(_ messages: [NodeMessage], to node: UUID?) async throws
  /// Receives what is sent to this node, one event after the other, until the task is cancelled. Connects again by itself.
  func listen(_ receive: @escaping @Sendable (ClusterEvent) async -> Void) async
}

/// What a node hears.
public enum ClusterEvent: Sendable, Hashable {
  /// Listening has begun (again): what was sent before may be lost.
  case connected
  case message(NodeMessage)
}
