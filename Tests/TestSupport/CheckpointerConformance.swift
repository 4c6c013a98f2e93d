import Foundation
public import Graph

/// What every ``Checkpointer`` must do, whatever it keeps its checkpoints in.
///
/// Throws a ``Violation`` at the first sentence that does not hold. It knows no test framework, so that the tests of any
/// implementation can call it: `try await CheckpointerConformance(checkpointer).verify()`.
public struct CheckpointerConformance: Sendable {
  public struct Violation: Error, CustomStringConvertible {
    public let description: String
  }

  private let checkpointer: any Checkpointer

  /// - Parameter checkpointer: empty, and keeping at least four checkpoints per thread.
  public init(_ checkpointer: any Checkpointer) {
    self.checkpointer = checkpointer
  }

  /// - Throws: ``Violation``, or what the checkpointer throws.
  public func verify() async throws {
    try await unknownThreadIsEmpty()
    try await keepsEverythingOfACheckpoint()
    try await listsInOrder()
    try await keepsThreadsApart()
    try await refusesIdsOutOfOrder()
    try await forgetsADeletedThread()
    try await letsOneOfManyWritersWin()
  }

  private func unknownThreadIsEmpty() async throws {
    try check(
      await checkpointer.latest(threadID: "unknown") == nil, "an unknown thread has no latest checkpoint")
    try check(await checkpointer.list(threadID: "unknown").isEmpty, "an unknown thread lists nothing")
    try await checkpointer.delete(threadID: "unknown")
  }

  private func keepsEverythingOfACheckpoint() async throws {
    let full = Checkpoint(
      threadID: "whole/ä 'quoted' 🧵", id: 1, graph: "graph", step: 42, state: Data([0, 10, 34, 255]),
      pending: ["b", "a"],
      joins: [.init(sources: ["x", "y"], target: "z", arrived: ["x"])],
      hasReachedEnd: true, interrupt: .init(before: ["b"], after: ["c"]))
    try await checkpointer.save(full)
    try check(
      await checkpointer.latest(threadID: full.threadID) == full, "a checkpoint comes back as it was saved")
  }

  private func listsInOrder() async throws {
    for id in 1...4 { try await checkpointer.save(sample("listed", id)) }
    try check(
      await checkpointer.list(threadID: "listed").map(\.id) == [1, 2, 3, 4], "the oldest is listed first")
    try check(await checkpointer.latest(threadID: "listed")?.id == 4, "the latest has the highest id")
  }

  private func keepsThreadsApart() async throws {
    try await checkpointer.save(sample("apart", 1))
    try check(
      await checkpointer.list(threadID: "apart").count == 1, "a thread lists only its own checkpoints")
  }

  private func refusesIdsOutOfOrder() async throws {
    for (id, expected) in [(1, 5), (4, 5), (6, 5)] {
      try await expectConflict(sample("listed", id), expected: expected)
    }
    try await expectConflict(sample("new", 2), expected: 1)
    try check(
      await checkpointer.latest(threadID: "listed") == sample("listed", 4), "a refused one leaves no trace")
    try check(await checkpointer.latest(threadID: "new") == nil, "a refused one makes no thread")
  }

  private func forgetsADeletedThread() async throws {
    try await checkpointer.delete(threadID: "listed")
    try check(await checkpointer.list(threadID: "listed").isEmpty, "a deleted thread lists nothing")
    try check(await checkpointer.latest(threadID: "apart") != nil, "deleting a thread leaves the others")
    try await checkpointer.save(sample("listed", 1))
    try check(await checkpointer.latest(threadID: "listed")?.id == 1, "a deleted thread begins again at 1")
  }

  private func letsOneOfManyWritersWin() async throws {
    let winners = await withTaskGroup(of: Bool.self) { group in
      for step in 0..<8 {
        group.addTask { (try? await checkpointer.save(sample("race", 1, step: step))) != nil }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    try check(winners == 1, "of writers of the same id exactly one wins, not \(winners)")
    try check(await checkpointer.list(threadID: "race").count == 1, "the losers leave no trace")
  }

  private func expectConflict(_ checkpoint: Checkpoint, expected: Int) async throws {
    do {
      try await checkpointer.save(checkpoint)
    } catch let error as CheckpointConflict {
      let right = CheckpointConflict(threadID: checkpoint.threadID, id: checkpoint.id, expected: expected)
      return try check(error == right, "a conflict says what was expected, not \(error)")
    }
    throw Violation(description: "checkpoint \(checkpoint.id) is refused when \(expected) is next")
  }

  private func sample(_ threadID: String, _ id: Int, step: Int = 1) -> Checkpoint {
    Checkpoint(
      threadID: threadID, id: id, graph: "graph", step: step, state: Data("{}".utf8), pending: ["a"])
  }

  private func check(_ holds: Bool, _ sentence: String) throws {
    if !holds { throw Violation(description: "does not hold: \(sentence)") }
  }
}
