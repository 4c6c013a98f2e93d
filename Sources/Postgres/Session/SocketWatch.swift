@preconcurrency import Dispatch

/// Tells when a socket can be read and written. Used on its queue only.
final class SocketWatch {
  private let group = DispatchGroup()
  private let queue: DispatchQueue
  private let descriptor: Int32
  private let writable: @Sendable () -> Void
  private let reader: Switch
  private var writer: Switch?

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

  init(
    descriptor: Int32, queue: DispatchQueue, readable: @escaping @Sendable () -> Void,
    writable: @escaping @Sendable () -> Void
  ) {
    self.descriptor = descriptor
    self.queue = queue
    self.writable = writable
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    source.setEventHandler(handler: readable)
    group.enter()
    source.setCancelHandler { [group] in group.leave() }
    reader = Switch(source)
  }

  var isReading: Bool {
    get { reader.isOn }
    set { reader.turn(newValue) }
  }

  var isWriting: Bool {
    get { writer?.isOn ?? false }
    set {
      if newValue, writer == nil { writer = makeWriter() }
      writer?.turn(newValue)
    }
  }

  private func makeWriter() -> Switch {
    let source = DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
    source.setEventHandler(handler: writable)
    group.enter()
    source.setCancelHandler { [group] in group.leave() }
    return Switch(source)
  }

  /// The socket may be closed only when the sources have let go of it: that is when `body` runs, on the queue.
  func cancel(then body: @escaping @Sendable () -> Void) {
    reader.cancel()
    writer?.cancel()
    group.notify(queue: queue, execute: body)
  }
}
