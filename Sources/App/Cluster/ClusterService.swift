import Foundation
import Graph
import Logging
import ServiceLifecycle
import Synchronization

/// Keeps this node alive in the eyes of the others, hears what they say, and takes over what a dead one has left.
final class ClusterService: Service {
  struct Settings: Sendable {
    /// How long this node counts as alive without a word from it. Others end its runs after that.
    var lease = Duration.seconds(10)
    /// Several renewals may fail before the lease runs out.
    var renewal: Duration { lease / 4 }
  }

  private let cluster: any Cluster
  private let settings: Settings
  private let clock: ClusterClock
  private let time: RunTime
  private let logger: Logger
  private let runs: RunService
  private let receivers: [@Sendable (ClusterEvent) async -> Void]
  /// Ends what dead nodes have left.
  private let takeOver: @Sendable () async throws -> Void
  private let stopping = OneShot<Void>()

  private struct State {
    /// When the last renewal that worked was asked for, on the clock of ``RunTime``.
    var renewed: Duration
    var hasLost = false
  }

  private let state: Mutex<State>

  init(
    cluster: any Cluster, settings: Settings = .init(), clock: ClusterClock, runs: RunService,
    receivers: [@Sendable (ClusterEvent) async -> Void] = [],
    takeOver: @escaping @Sendable () async throws -> Void, time: RunTime, logger: Logger
  ) {
    self.cluster = cluster
    self.settings = settings
    self.clock = clock
    self.runs = runs
    self.receivers = [{ await runs.receive($0) }] + receivers
    self.takeOver = takeOver
    self.time = time
    self.logger = logger
    state = Mutex(State(renewed: time.now()))
  }

  /// Whether the others take this node for alive; one that they do not has nothing to say.
  var isMember: Bool { state.withLock { !$0.hasLost } }

  /// Makes the node known. Called before it takes requests: runs of an unknown node are ended by the others.
  func join() async throws {
    try await renew()
  }

  func run() async throws {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.keepLease() }
        group.addTask { await self.watchLease() }
        group.addTask { await self.lookAround() }
        group.addTask { await self.runs.exchange?.tellFollowers() }
        group.addTask { await self.runs.exchange?.readNews(from: self.runs.archive) }
        group.addTask { await self.cluster.listen { await self.receive($0) } }
        try? await stopping.wait()
        group.cancelAll()
      }
      await leave()
    } onGracefulShutdown: {
      self.stopping.fulfil(())
    }
  }

  private func receive(_ event: ClusterEvent) async {
    for receiver in receivers { await receiver(event) }
  }

  // MARK: The lease

  private func keepLease() async {
    while (try? await time.sleep(settings.renewal)) != nil {
      do {
        try await renew()
      } catch is CancellationError {
        return
      } catch {
        logger.warning("The lease could not be renewed", metadata: ["error": "\(error)"])
      }
    }
  }

  private func renew() async throws {
    let began = time.now()
    try await clock.adjust { try await cluster.renewLease(for: settings.lease) }
    // An answer that took longer than the lease says nothing: that has run out again.
    guard time.now() - began < settings.lease else { return }
    let hadLost = state.withLock { state in
      state.renewed = began
      defer { state.hasLost = false }
      return state.hasLost
    }
    if hadLost { logger.notice("This node is a member of its cluster again") }
  }

  /// A node that cannot renew its lease must stop before the others believe that it has.
  private func watchLease() async {
    let step = min(settings.lease / 40, .milliseconds(250))
    while (try? await time.sleep(step)) != nil {
      let now = time.now()
      let isLost = state.withLock { state in
        guard !state.hasLost, now - state.renewed >= settings.lease else { return false }
        state.hasLost = true
        return true
      }
      guard isLost else { continue }
      logger.error("This node has lost its lease: its answers are ended, and readers are sent to other nodes")
      runs.abandonAll()
    }
  }

  private func leave() async {
    do {
      try await cluster.leave()
    } catch {
      logger.debug("The lease could not be given up", metadata: ["error": "\(error)"])
    }
  }

  // MARK: The others

  private func lookAround() async {
    var strays: Set<UUID> = []
    while (try? await time.sleep(settings.renewal)) != nil {
      await runs.refreshCluster()
      do {
        try await takeOver()
        strays = try await runs.endStrays(strays)
      } catch is CancellationError {
        return
      } catch {
        logger.warning("Nodes that are gone cannot be looked for", metadata: ["error": "\(error)"])
      }
    }
  }
}
