public import Foundation

/// Keeps the checkpoints of threads.
///
/// Every implementation passes the same conformance suite (`CheckpointerConformance` in the tests).
public protocol Checkpointer: Sendable {
  /// Adds a checkpoint to the end of its thread.
  /// - Throws: ``CheckpointConflict`` unless its id follows that of the thread's latest one (1 in a new thread): two runs of one
  ///   thread at a time would otherwise overwrite each other. Whatever the storage throws.
  func save(_ checkpoint: Checkpoint) async throws
  /// The checkpoint with the highest id.
  func latest(threadID: String) async throws -> Checkpoint?
  /// The thread's checkpoints that are still kept, oldest first. An implementation may forget old ones, never the latest.
  func list(threadID: String) async throws -> [Checkpoint]
  /// Forgets the thread; its ids begin at 1 again. Does nothing when there is none.
  func delete(threadID: String) async throws
}

/// A run as it was between two steps: everything needed to go on.
public struct Checkpoint: Sendable, Hashable, Codable, Identifiable {
  public let threadID: String
  /// 1, 2, 3, … within the thread, without a gap.
  public let id: Int
  /// The name of the graph that wrote it.
  public let graph: String
  /// How many steps the run had taken.
  public let step: Int
  /// The graph's state, as JSON.
  public let state: Data
  /// The nodes that run next, in the order of declaration. Empty when the run has ended.
  public let pending: [NodeID]
  /// The joins for which some, but not all, sources have run.
  public let joins: [JoinProgress]
  /// Whether a branch of the run has come to the end.
  public let hasReachedEnd: Bool
  /// Set when the run was interrupted here.
  public let interrupt: Interrupt?

  public struct JoinProgress: Sendable, Hashable, Codable {
    public let sources: [NodeID]
    public let target: NodeID
    /// The sources that have run, in the order of the join.
    public let arrived: [NodeID]

    public init(sources: [NodeID], target: NodeID, arrived: [NodeID]) {
      self.sources = sources
      self.target = target
      self.arrived = arrived
    }
  }

  public struct Interrupt: Sendable, Hashable, Codable {
    public let before: [NodeID]
    public let after: [NodeID]

    public init(before: [NodeID], after: [NodeID]) {
      self.before = before
      self.after = after
    }
  }

  public init(
    threadID: String, id: Int, graph: String, step: Int, state: Data, pending: [NodeID],
    joins: [JoinProgress] = [], hasReachedEnd: Bool = false, interrupt: Interrupt? = nil
  ) {
    self.threadID = threadID
    self.id = id
    self.graph = graph
    self.step = step
    self.state = state
    self.pending = pending
    self.joins = joins
    self.hasReachedEnd = hasReachedEnd
    self.interrupt = interrupt
  }
}

/// A checkpoint whose id does not follow the latest one of its thread.
public struct CheckpointConflict: Error, Sendable, Hashable, CustomStringConvertible {
  public let threadID: String
  public let id: Int
  /// The id that would have been accepted.
  public let expected: Int

  public init(threadID: String, id: Int, expected: Int) {
    self.threadID = threadID
    self.id = id
    self.expected = expected
  }

  public var description: String {
    "Checkpoint \(id) does not follow the latest of its thread, \(expected) would: two runs use one thread."
  }
}
