import Foundation
import Graph
import Logging
import Synchronization

/// Readers of runs that other nodes work on.
extension RunService {
  /// Follows a run of another node, when it is one that is going on.
  /// - Parameter run: one that readers may be attached to already; `nil` makes one.
  /// - Returns: `nil` for a run that has ended.
  /// - Throws: ``RequestError`` when this server follows as many runs as it may.
  func follow(_ stored: StoredRun, in run: Run? = nil, after: Int) async throws -> RunReader? {
    guard let exchange, stored.status == .running else { return nil }
    let node = try await exchange.cluster.node(runID: stored.record.id)
    let mirror = RunMirror(run ?? makeMirror(of: stored), of: node)
    mirror.run.messageIDs = (stored.message.id, stored.message.parentID)
    mirror.run.isMirror = true
    let isAdmitted = exchange.mirrors.withLock { mirrors in
      guard mirrors.count < settings.limits.runs else { return false }
      mirrors.add(mirror)
      return true
    }
    guard isAdmitted else { throw RequestError(.overloaded) }
    // A server that is going away follows nothing any more: the reader comes back to another one.
    guard !registry.withLock({ $0.isDraining }), case .enqueued = workContinuation.yield(.follow(mirror))
    else {
      exchange.mirrors.withLock { $0.remove(mirror) }
      throw RequestError(.draining)
    }
    return reader(of: mirror, after: after)
  }

  private func makeMirror(of stored: StoredRun) -> Run {
    let run = Run(
      id: stored.record.id, sessionID: stored.record.sessionID,
      fingerprint: RunFingerprint(message: "", sessionID: nil, parentID: nil), log: RunLog(time: time))
    run.addReader()
    return run
  }

  /// - Returns: `nil` when the run is not followed here.
  func attachToMirror(runID: UUID, after: Int) -> RunReader? {
    guard let exchange else { return nil }
    return exchange.mirrors.withLock { mirrors in
      guard let mirror = mirrors.newest(of: runID) else { return nil }
      mirror.run.addReader()
      return reader(of: mirror, after: after)
    }
  }

  /// - Returns: `false` when the run is one of this node's own.
  func detachFromMirror(_ run: Run) -> Bool {
    guard let exchange, run.isMirror else { return false }
    exchange.mirrors.withLock { mirrors in
      // Whoever comes from now on begins another one.
      if run.removeReader() == 0 { mirrors.retire(run)?.news.raise() }
    }
    return true
  }

  private func reader(of mirror: RunMirror, after: Int) -> RunReader {
    let archive = archive
    let runID = mirror.run.id
    return RunReader(run: mirror.run, after: after) { position in
      // The run was cut off, and the reader has seen more of it than its node could store.
      guard let stored = try await archive.run(id: runID) else { return nil }
      return try archive.ending(of: stored, after: position)
    }
  }

  /// Brings a run's events from the store until it has ended or nobody here reads it any more.
  func follow(_ mirror: RunMirror) async {
    guard let exchange else { return }
    let run = mirror.run
    await exchange.send([.follow(run: run.id, by: exchange.cluster.nodeID)], to: mirror.node)
    while !Task.isCancelled, run.cancellation.value == nil {
      let seen = mirror.news.generation
      guard await catchUp(run), run.hasReaders else { break }
      await mirror.news.wait(past: seen, atMost: RunMirror.refreshInterval, time: time)
    }
    // Without a terminal event in it the log ends as a broken connection does.
    run.log.abandon()
    exchange.mirrors.withLock { $0.remove(mirror) }
    run.completion.fulfil(await endedStatus(of: run))
    await exchange.send([.unfollow(run: run.id, by: exchange.cluster.nodeID)], to: mirror.node)
  }

  /// - Returns: whether there is more to come.
  private func catchUp(_ run: Run) async -> Bool {
    do {
      return try await archive.catchUp(run.log, runID: run.id)
    } catch is CancellationError {
      return false
    } catch {
      archive.logger.warning(
        "A run of another node cannot be followed", metadata: ["run_id": "\(run.id)", "error": "\(error)"])
      return true
    }
  }

  private func endedStatus(of run: Run) async -> Run.Status {
    (try? await archive.run(id: run.id))?.status ?? .interrupted
  }

  // MARK: Stopping

  /// Asks the node that works on a run to end it, and waits until it has.
  /// - Returns: `nil` when nobody knows the run: it will end as soon as it comes.
  func stopElsewhere(_ runID: UUID, since began: Duration) async throws -> StopReceipt? {
    guard let exchange else { return nil }
    var node = try await exchange.cluster.requestStop(runID: runID)
    // Looked for after the request was stored: a run that comes later finds that.
    guard let stored = try await archive.run(id: runID) else { return nil }
    guard stored.status == .running else { return stored.stopReceipt }
    // It may have begun between the two.
    if node == nil { node = try await exchange.cluster.node(runID: runID) }
    if let node { await exchange.send([.stop(run: runID)], to: node) }
    guard let reader = try await follow(stored, after: 0), let run = reader.run else { return nil }
    defer { detach(reader) }
    let status = try await run.completion.wait()
    let ended = try await archive.run(id: runID)
    return StopReceipt(
      runID: runID, status: status, lastEventID: ended?.record.lastEventID ?? run.log.lastID,
      tokenCount: ended?.record.tokenCount ?? run.log.tokenCount, stoppedIn: time.now() - began)
  }
}
