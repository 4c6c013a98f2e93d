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
  /// Nodes that have not been told yet of the newest events of runs that they follow.
  private let grown = Mutex<[UUID: Set<UUID>]>([:])
  private let grownSignal = Signal()
  /// Mirrors that may have news in the store.
  private let stale = Mutex<Set<UUID>>([])
  private let staleSignal = Signal()
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

  /// Their followers are to be told of new events. Never waits; a run that has its end may be forgotten right after it.
  func noteGrown(_ runs: Set<UUID>) {
    let nodes = followers.withLock { $0.nodes(following: runs) }
    grown.withLock { grown in
      for (node, runs) in nodes { grown[node, default: []].formUnion(runs) }
    }
    grownSignal.raise()
  }

  /// Tells followers of new events, until its task is cancelled.
  func tellFollowers() async {
    while !Task.isCancelled {
      let seen = grownSignal.generation
      let news = grown.withLock { grown in
        defer { grown = [:] }
        return grown
      }
      for (node, runs) in news {
        await send(runs.map(NodeMessage.grown), to: node)
      }
      await grownSignal.wait(past: seen)
    }
  }

  // MARK: Runs of other nodes

  /// There is more of a run in the store. Never waits.
  func noteNews(of run: UUID) {
    stale.withLock { _ = $0.insert(run) }
    staleSignal.raise()
  }

  /// Brings the news of followed runs from the store, until its task is cancelled. What has come up while the store was
  /// being asked is asked for together, so that a thousand followed runs cost one query at a time.
  func readNews(from archive: RunArchive) async {
    while !Task.isCancelled {
      let seen = staleSignal.generation
      let runs = stale.withLock { stale in
        defer { stale = [] }
        return stale
      }
      await readNews(of: runs, from: archive)
      await staleSignal.wait(past: seen)
    }
  }

  private func readNews(of runs: Set<UUID>, from archive: RunArchive) async {
    let mirrors = mirrors.withLock { mirrors in runs.flatMap { mirrors.mirrors(of: $0) } }
    let logs = Dictionary(mirrors.map { ($0.run.id, $0.run.log) }, uniquingKeysWith: { first, _ in first })
    guard !logs.isEmpty else { return }
    do {
      try await archive.catchUp(logs)
    } catch {
      // Each mirror looks for itself before long.
      logger.debug("News of followed runs could not be read", metadata: ["error": "\(error)"])
    }
    // Those that have ended, and the second mirror of a run, which is there for a moment at the most.
    for mirror in mirrors where logs[mirror.run.id] !== mirror.run.log || mirror.run.log.terminalEvent != nil
    {
      mirror.news.raise()
    }
  }

  // MARK: Stopping

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
