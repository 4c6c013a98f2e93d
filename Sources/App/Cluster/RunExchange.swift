import Foundation
import Graph
import Logging
import Synchronization

/// What this node's runs have to do with the other nodes: who follows them, which of theirs are followed here, and what
/// has to be told.
final class RunExchange: Sendable {
  let cluster: any Cluster
  let followers = Mutex(RunFollowers())
  let mirrors = Mutex(RunMirrors())
  /// Runs whose followers have not been told of their newest events yet.
  private let grown = Mutex<Set<UUID>>([])
  private let grownSignal = Signal()
  private let logger: Logger

  init(cluster: any Cluster, logger: Logger) {
    self.cluster = cluster
    self.logger = logger
  }

  /// Sends a hint. One that gets lost costs time and nothing else, so a failure is not the caller's.
  func send(_ messages: [NodeMessage], to node: UUID?) async {
    do {
      try await cluster.send(messages, to: node)
    } catch is CancellationError {
      return
    } catch {
      logger.debug("A message to another node was lost", metadata: ["error": "\(error)"])
    }
  }

  // MARK: Runs of this node

  /// Their followers are to be told of new events. Never waits.
  func noteGrown(_ runs: Set<UUID>) {
    grown.withLock { $0.formUnion(runs) }
    grownSignal.raise()
  }

  /// Tells followers of new events, until its task is cancelled.
  func tellFollowers() async {
    while !Task.isCancelled {
      let seen = grownSignal.generation
      let runs = grown.withLock { grown in
        defer { grown = [] }
        return grown
      }
      for (node, runs) in followers.withLock({ $0.nodes(following: runs) }) {
        await send(runs.map(NodeMessage.grown), to: node)
      }
      await grownSignal.wait(past: seen)
    }
  }

  /// Ends those of the runs that somebody has asked to end, on whichever node.
  func stopIfAsked(_ runs: [Run]) async {
    guard !runs.isEmpty else { return }
    do {
      let asked = try await cluster.stopRequests(among: Set(runs.map(\.id)))
      for run in runs where asked.contains(run.id) { run.cancellation.fulfil(.user) }
    } catch is CancellationError {
      return
    } catch {
      logger.warning("Requests to stop cannot be read", metadata: ["error": "\(error)"])
    }
  }

  /// Forgets the followers of a run that has ended; those that have not read its end find it in the store.
  func forget(_ run: Run) {
    followers.withLock { $0.forget(run: run.id) }
  }
}
