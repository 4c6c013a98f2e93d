@preconcurrency import Dispatch
import Foundation
import Synchronization

/// Tells that something may have changed in some folders, without looking at them again and again.
///
/// What has changed it does not say: whoever is woken compares the folders with what is remembered. On systems other than
/// Linux, or when the system gives no more watches, there are no events, and the folders have to be looked at in intervals.
final class FolderEvents: Sendable {
  let changed = Signal()

  #if os(Linux)
    private struct State {
      /// By the folders' paths; a folder that is gone has lost its own.
      var watches: [String: Int32] = [:]
      var isComplete = true
    }

    private let descriptor: Int32
    private let source: any DispatchSourceRead
    private let state = Mutex(State())

    /// - Returns: `nil` when the system has no more instances to give.
    init?() {
      let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
      guard descriptor >= 0 else { return nil }
      self.descriptor = descriptor
      source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global(qos: .utility))
      source.setEventHandler { [changed] in
        withUnsafeTemporaryAllocation(byteCount: 64 * 1_024, alignment: 8) { buffer in
          while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
        }
        changed.raise()
      }
      source.setCancelHandler { close(descriptor) }
      source.activate()
    }

    deinit { source.cancel() }

    /// Watches these folders and no others.
    /// - Returns: whether a folder is new: what was put into it before now has made no event.
    func watch(_ folders: Set<String>) -> Bool {
      let mask = UInt32(
        IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR
          | IN_DONT_FOLLOW)
      return state.withLock { state in
        for (folder, watch) in state.watches where !folders.contains(folder) {
          inotify_rm_watch(descriptor, watch)
          state.watches[folder] = nil
        }
        state.isComplete = true
        var hasNew = false
        for folder in folders {
          // Watching the same folder again changes nothing; one that took its name gets a watch of its own.
          let watch = inotify_add_watch(descriptor, folder, mask)
          if watch < 0 { state.isComplete = false }
          if watch >= 0, state.watches[folder] != watch { hasNew = true }
          state.watches[folder] = watch >= 0 ? watch : nil
        }
        return hasNew
      }
    }

    /// Whether every folder is watched.
    var isComplete: Bool { state.withLock { $0.isComplete } }
  #else
    init?() { return nil }
    func watch(_ folders: Set<String>) -> Bool { false }
    var isComplete: Bool { false }
  #endif
}
