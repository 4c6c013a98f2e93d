import Foundation
import Graph
import Logging
import Synchronization

/// What other nodes say, and what this one says to them.
extension RunService {
  func receive(_ event: ClusterEvent) async {
    guard let exchange else { return }
    switch event {
    case .connected:
      // Something may have been said while nobody listened.
      await exchange.stopIfAsked(registry.withLock { $0.active })
      for mirror in exchange.mirrors.withLock({ $0.all }) { mirror.news.raise() }
    case .message(.follow(let runID, let node)): await addFollower(node, of: runID, exchange)
    case .message(.unfollow(let runID, let node)):
      if exchange.followers.withLock({ $0.unfollow(run: runID, node: node) }) {
        removeFollower(of: runID, exchange)
      }
    case .message(.grown(let runID)):
      exchange.noteNews(of: runID)
    case .message(.deleted(let sessionID)): forgetRuns(sessionID: sessionID)
    case .message(.stop(let runID)): registry.withLock { $0[runID] }?.cancellation.fulfil(.user)
    case .message: break
    }
  }

  private func addFollower(_ node: UUID, of runID: UUID, _ exchange: RunExchange) async {
    let run = registry.withLock { registry -> Run? in
      guard let run = registry[runID], run.completion.value == nil else { return nil }
      let isNew = exchange.followers.withLock { $0.follow(run: runID, node: node, now: time.now()) }
      guard isNew else { return nil }
      registry.attach(run)
      return run
    }
    if run != nil { journal.follow(runID, true) }
    // Also of a run that has ended meanwhile, of which nobody would tell any more.
    await exchange.send([.grown(run: runID)], to: node)
  }

  private func removeFollower(of runID: UUID, _ exchange: RunExchange) {
    if !exchange.followers.withLock({ $0.isFollowed(runID) }) { journal.follow(runID, false) }
    if let run = registry.withLock({ $0[runID] }) { countDeparture(from: run) }
  }

  /// What has to be looked at from time to time, because nobody may have said it.
  func refreshCluster() async {
    guard let exchange else { return }
    for runID in exchange.followers.withLock({ $0.takeExpired(now: time.now()) }) {
      removeFollower(of: runID, exchange)
    }
    await exchange.stopIfAsked(registry.withLock { $0.active })
    let mirrors = Dictionary(grouping: exchange.mirrors.withLock { $0.all }, by: \.node)
    for case (let node?, let mirrors) in mirrors {
      await exchange.send(
        mirrors.map { .follow(run: $0.run.id, by: exchange.cluster.nodeID) }, to: node)
    }
  }

  /// Forgets what is in memory of a session that has been deleted, here and on every other node.
  func forget(sessionID: UUID) async {
    forgetRuns(sessionID: sessionID)
    await exchange?.send([.deleted(session: sessionID)], to: nil)
  }

  private func forgetRuns(sessionID: UUID) {
    registry.withLock { $0.forget(sessionID: sessionID) }
  }

  /// Ends those runs of this node in the store that nobody here works on: a connection that broke has taken the news of their
  /// beginning or their end with it. Found twice in a row, so that none is just beginning or ending.
  /// - Parameter suspects: what the last call returned.
  /// - Returns: what is to be looked at again.
  func endStrays(_ suspects: Set<UUID>) async throws -> Set<UUID> {
    guard let exchange else { return [] }
    let running = try await exchange.cluster.ownRuns()
    let found = registry.withLock { registry in
      running.filter { id in registry[id].map { $0.completion.value != nil } ?? true }
    }.filter { !journal.isOpen($0) }
    let strays = found.intersection(suspects)
    guard !strays.isEmpty else { return found }
    let count = try await archive.end(strays)
    archive.logger.warning("Runs that nobody worked on were ended", metadata: ["count": "\(count)"])
    await exchange.send(strays.map(NodeMessage.grown), to: nil)
    return found.subtracting(strays)
  }

  /// Lets go of every run: this node's lease has run out, and others end its runs.
  func abandonAll() {
    // Also those whose end could not be stored.
    let runs = registry.withLock { $0.all }.filter { $0.completion.value == nil || journal.isOpen($0.id) }
    for run in runs { run.abandon() }
    for mirror in exchange?.mirrors.withLock({ $0.all }) ?? [] { mirror.abandon() }
  }
}
