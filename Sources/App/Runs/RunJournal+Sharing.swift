import Foundation
import Synchronization

extension RunJournal {
  /// What a store that several nodes share asks of a journal.
  struct Sharing: Sendable {
    /// How often the events of followed runs are written: what a reader on another node waits for.
    var followedInterval = Duration.milliseconds(20)
    /// When nothing could be written for so long, readers get nothing new either: should this node lose its runs, nobody
    /// has read much that others do not find.
    var holdAfter = Duration.seconds(2)
    /// Called when events of followed runs are stored.
    var onStored: @Sendable (Set<UUID>) -> Void
  }

  /// Says whether a run has readers on other nodes.
  func follow(_ runID: UUID, _ isFollowed: Bool) {
    state.withLock { state in
      if isFollowed { state.followed.insert(runID) } else { state.followed.remove(runID) }
    }
  }

  func tickShared(_ sharing: Sharing) async {
    while (try? await time.sleep(sharing.followedInterval)) != nil {
      let now = time.now()
      let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
        // Held in one step with the finding that it must be, or a log could stay held though writing works again.
        if state.unwrittenSince.map({ now - $0 >= sharing.holdAfter }) ?? false {
          state.isHolding = true
          for run in state.open.values { run.log.hold() }
        }
        guard !state.followed.isEmpty else { return nil }
        state.isFollowedDue = true
        return state.waiter.take()
      }
      waiter?.resume()
    }
  }

  /// Writing works: nothing is kept from readers.
  /// - Returns: which of the written runs have readers on other nodes.
  func noteWritten(_ writes: [Write]) -> Set<UUID> {
    let (followed, held) = state.withLock { state -> (Set<UUID>, [RunLog]) in
      state.unwrittenSince = nil
      let held = state.isHolding ? state.open.values.map(\.log) : []
      state.isHolding = false
      return (state.followed.intersection(writes.map(\.runID)), held)
    }
    for log in held { log.release() }
    return followed
  }
}
