/// Waits for many sockets at once.
///
/// `curl_multi_poll` hands every socket of every transfer to the kernel on each call, which costs O(n) for
/// each token. The transport therefore drives `curl_multi_socket_action` with a poller that the kernel keeps
/// a list for.
protocol SocketPoller: AnyObject {
  /// Watches a socket, or changes what it is watched for.
  func watch(_ descriptor: Int32, for interest: SocketInterest)
  func unwatch(_ descriptor: Int32)
  /// Waits until a socket is ready or the time is over.
  /// - Parameters:
  ///   - milliseconds: −1 waits without end.
  ///   - ready: filled with what is ready, emptied before.
  func wait(milliseconds: Int32, ready: inout [SocketReadiness])
}

/// What a socket is watched for.
struct SocketInterest: OptionSet, Sendable {
  let rawValue: UInt8
  static let read = SocketInterest(rawValue: 1)
  static let write = SocketInterest(rawValue: 2)
}

/// What a socket is ready for.
struct SocketReadiness: Sendable {
  let descriptor: Int32
  let isReadable: Bool
  let isWritable: Bool
  let hasFailed: Bool
}

/// The best poller of this system: epoll on Linux, poll elsewhere.
///
/// - Throws: ``HTTPTransportError`` when the process has no file descriptors left.
func makeSocketPoller() throws -> any SocketPoller {
  #if os(Linux)
    try EpollPoller()
  #else
    PollPoller()
  #endif
}
