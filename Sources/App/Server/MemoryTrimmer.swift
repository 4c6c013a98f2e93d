internal import CProcess
import Foundation
import ServiceLifecycle

/// Gives memory back that bursts of work have left behind.
///
/// Beginning an answer reads a few hundred passages, and what it has freed stays with the process in pieces, between what
/// the answer still needs. The C library gives whole free pages back when it is asked to.
struct MemoryTrimmer: Service {
  var clock: any Clock<Duration> = ContinuousClock()

  static let interval = Duration.seconds(5)
  /// How much the process must have grown since the last time, in bytes: looking for free pages takes milliseconds.
  static let leastGrowth = 4 << 20

  func run() async throws {
    // Cancelled is how it ends.
    try? await cancelWhenGracefulShutdown {
      var settled = Self.residentBytes() ?? 0
      while true {
        try await clock.sleep(for: Self.interval)
        guard let resident = Self.residentBytes(), resident >= settled + Self.leastGrowth else { continue }
        Self.trim()
        settled = Self.residentBytes() ?? resident
      }
    }
  }

  static func trim() {
    _ = rill_trim_memory()
  }

  /// The memory that the process has, in bytes; `nil` where nobody tells.
  static func residentBytes() -> Int? {
    #if os(Linux)
      guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
        let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
      else { return nil }
      return pages * sysconf(Int32(_SC_PAGESIZE))
    #else
      return nil
    #endif
  }
}
