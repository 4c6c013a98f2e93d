#if os(Linux)
  internal import CCurl

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Waits with epoll, whose cost depends on how many sockets are ready and not on how many there are.
  final class EpollPoller: SocketPoller {
    private let epoll: Int32
    private var watched: Set<Int32> = []
    private var events = [epoll_event](repeating: epoll_event(), count: 256)

    init() throws {
      epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
      guard epoll >= 0 else {
        throw HTTPTransportError(kind: .closed, detail: "no epoll: error \(errno)")
      }
    }

    deinit { close(epoll) }

    func watch(_ descriptor: Int32, for interest: SocketInterest) {
      var event = epoll_event()
      if interest.contains(.read) { event.events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
      if interest.contains(.write) { event.events |= EPOLLOUT.rawValue }
      event.data.fd = descriptor
      let isNew = watched.insert(descriptor).inserted
      if epoll_ctl(epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event) == 0 { return }
      // A descriptor that was closed without a word has left the kernel's list; one that came back is still
      // on it.
      _ = epoll_ctl(epoll, isNew ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event)
    }

    func unwatch(_ descriptor: Int32) {
      guard watched.remove(descriptor) != nil else { return }
      var event = epoll_event()
      _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
    }

    func wait(milliseconds: Int32, ready: inout [SocketReadiness]) {
      ready.removeAll(keepingCapacity: true)
      let count = epoll_wait(epoll, &events, Int32(events.count), milliseconds)
      guard count > 0 else { return }
      for event in events[..<Int(count)] {
        let mask = event.events
        let failed = mask & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        ready.append(
          SocketReadiness(
            descriptor: event.data.fd,
            isReadable: mask & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0,
            isWritable: mask & EPOLLOUT.rawValue != 0, hasFailed: failed))
      }
    }
  }
#endif
