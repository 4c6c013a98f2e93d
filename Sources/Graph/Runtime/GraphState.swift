/// What a graph knows while it runs.
///
/// Nodes never change the state: each gets a copy and returns an update. The updates of nodes that ran side by side are
/// applied one after the other in the order in which the nodes were declared, so a run is deterministic however long
/// each of them took.
public protocol GraphState: Codable, Sendable {
  associatedtype Update: Codable & Sendable

  mutating func apply(_ update: Update)
}
