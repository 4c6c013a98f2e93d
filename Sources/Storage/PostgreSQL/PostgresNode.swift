import Foundation

/// Who writes: this node, and which of the processes that have had its id.
struct PostgresNode: Sendable {
  /// The same after a restart.
  let id: UUID
  /// New with each process: what a former one had taken on is nobody's until somebody takes it over.
  let incarnation = UUID()
}
