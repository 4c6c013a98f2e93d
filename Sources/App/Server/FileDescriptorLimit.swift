#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Every stream takes a descriptor, and every answer one more to its model. The usual soft limit of 1,024 is there for
/// programs that use `select`, which Rill does not.
enum FileDescriptorLimit {
  /// Kept for the database, the log and what else is no connection.
  static let reserve = 64

  /// Raises the process's own limit as far as it may. A failure changes nothing and is no reason not to start.
  /// - Returns: how many connections it allows, each with one more to a model.
  @discardableResult
  static func raise() -> Int {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = RLIMIT_NOFILE.rawValue
      let kind = __rlimit_resource_t(resource)
    #else
      let kind = RLIMIT_NOFILE
    #endif
    guard getrlimit(kind, &limit) == 0 else { return 480 }
    let old = limit
    limit.rlim_cur = limit.rlim_max
    #if canImport(Darwin)
      // macOS refuses more than this, whatever the hard limit says.
      limit.rlim_cur = min(limit.rlim_cur, rlim_t(OPEN_MAX))
    #endif
    let isRaised = old.rlim_cur >= limit.rlim_cur || setrlimit(kind, &limit) == 0
    let descriptors = Int(clamping: isRaised ? limit.rlim_cur : old.rlim_cur)
    return max(descriptors - reserve, 2) / 2
  }
}
