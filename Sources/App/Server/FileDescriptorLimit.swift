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
  /// Raises the process's own limit as far as it may. A failure changes nothing and is no reason not to start.
  static func raise() {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = RLIMIT_NOFILE.rawValue
      let kind = __rlimit_resource_t(resource)
    #else
      let kind = RLIMIT_NOFILE
    #endif
    guard getrlimit(kind, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    #if canImport(Darwin)
      // macOS refuses more than this, whatever the hard limit says.
      limit.rlim_cur = min(limit.rlim_cur, rlim_t(OPEN_MAX))
    #endif
    _ = setrlimit(kind, &limit)
  }
}
