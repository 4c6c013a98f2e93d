@preconcurrency import Dispatch
import Foundation

/// Tells when a socket can be read and written.
///
/// It watches a duplicate of the descriptor. libpq closes its own as soon as it sees the end of a connection, in the
/// middle of any call; the number may then be another connection's while a source still has it, and that connection
/// would wait for ever.
///
/// `@unchecked`: everything in it is used on its queue only.
final class SocketWatch: @unchecked Sendable {
  private let group = DispatchGroup()
  private let queue: DispatchQueue
  private let descriptor: Int32
  private let readable: @Sendable () -> Void
  private let writable: @Sendable () -> Void
  private var reader: Switch?
  private var writer: Switch?
  private var hasHungUp = false
  private var isGoingOn = false

  /// A source that is suspended while nobody asks: sources fire again and again for as long as the socket is ready.
  private final class Switch {
    private let source: any DispatchSourceProtocol
    private(set) var isOn = false

    init(_ source: any DispatchSourceProtocol) {
      self.source = source
    }

    func turn(_ on: Bool) {
      guard on != isOn else { return }
      isOn = on
      if on { source.resume() } else { source.suspend() }
    }

    func cancel() {
      source.cancel()
      // A source that is suspended never gets to its cancellation.
      turn(true)
    }
  }

  /// - Returns: `nil` when the process has no file descriptors left.
  init?(
    descriptor: Int32, queue: DispatchQueue, readable: @escaping @Sendable () -> Void,
    writable: @escaping @Sendable () -> Void
  ) {
    let descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    self.queue = queue
    self.readable = readable
    self.writable = writable
    reader = makeSwitch(DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)) { watch in
      watch.fire()
    }
  }

  var isReading: Bool {
    get { reader?.isOn ?? false }
    set {
      reader?.turn(newValue)
      if newValue, hasHungUp { goOn() }
    }
  }

  var isWriting: Bool {
    get { writer?.isOn ?? false }
    set {
      if newValue, writer == nil {
        let source = DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
        writer = makeSwitch(source) { $0.writable() }
      }
      writer?.turn(newValue)
    }
  }

  private func makeSwitch(
    _ source: any DispatchSourceProtocol, _ handler: @escaping @Sendable (SocketWatch) -> Void
  ) -> Switch {
    group.enter()
    source.setEventHandler { [weak self] in if let self { handler(self) } }
    source.setCancelHandler { [group] in group.leave() }
    return Switch(source)
  }

  private func fire() {
    guard isReading else { return }
    readable()
    guard isReading else { return }
    // When the other side is gone, Dispatch tells it once and never again, however much is left to read (on Linux).
    var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    if poll(&state, 1, 0) == 1, Int32(state.revents) & Int32(POLLHUP | POLLERR) != 0 { hasHungUp = true }
    if hasHungUp { goOn() }
  }

  private func goOn() {
    guard !isGoingOn else { return }
    isGoingOn = true
    queue.async { [weak self] in
      self?.isGoingOn = false
      self?.fire()
    }
  }

  /// Ends the watch. It holds the socket open until then.
  ///
  /// - Parameter body: called on the queue at the end.
  func cancel(then body: @escaping @Sendable () -> Void) {
    reader?.cancel()
    writer?.cancel()
    (reader, writer) = (nil, nil)
    group.notify(queue: queue) { [descriptor] in
      close(descriptor)
      body()
    }
  }
}
