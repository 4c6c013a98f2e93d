#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Waits with `poll`, which every system has; each wait costs O(number of sockets).
final class PollPoller: SocketPoller {
  private var entries: [pollfd] = []
  private var positions: [Int32: Int] = [:]

  func watch(_ descriptor: Int32, for interest: SocketInterest) {
    var events: Int16 = 0
    if interest.contains(.read) { events |= Int16(POLLIN) }
    if interest.contains(.write) { events |= Int16(POLLOUT) }
    let entry = pollfd(fd: descriptor, events: events, revents: 0)
    if let position = positions[descriptor] {
      entries[position] = entry
    } else {
      positions[descriptor] = entries.count
      entries.append(entry)
    }
  }

  func unwatch(_ descriptor: Int32) {
    guard let position = positions.removeValue(forKey: descriptor) else { return }
    let last = entries.removeLast()
    if last.fd != descriptor {
      entries[position] = last
      positions[last.fd] = position
    }
  }

  func wait(milliseconds: Int32, ready: inout [SocketReadiness]) {
    ready.removeAll(keepingCapacity: true)
    let count = poll(&entries, nfds_t(entries.count), milliseconds)
    guard count > 0 else { return }
    for entry in entries where entry.revents != 0 {
      ready.append(
        SocketReadiness(
          descriptor: entry.fd,
          isReadable: entry.revents & Int16(POLLIN) != 0,
          isWritable: entry.revents & Int16(POLLOUT) != 0,
          hasFailed: entry.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0))
    }
  }
}
