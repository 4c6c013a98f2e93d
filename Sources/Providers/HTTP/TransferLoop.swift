internal import CCurl

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The transport's thread: drives every transfer through one libcurl multi handle.
///
/// Made, used and destroyed on that thread; tasks reach it only through its ``TransferCommandQueue``.
final class TransferLoop {
  private let multi: UnsafeMutableRawPointer
  private let poller: any SocketPoller
  private let queue: TransferCommandQueue
  private let connectTimeout: Duration
  private let wakeups = WakeupBatch()
  private var transfers: [TransferID: Transfer] = [:]
  /// Transfers that may still end by themselves, and until when.
  private var lingering: [(id: TransferID, deadline: ContinuousClock.Instant)] = []
  /// When libcurl wants to be called although no socket is ready.
  private var timer: ContinuousClock.Instant?
  private let clock = ContinuousClock()

  init(queue: TransferCommandQueue, configuration: HTTPTransport.Configuration, poller: any SocketPoller)
    throws
  {
    guard let multi = curl_multi_init() else {
      throw HTTPTransportError(kind: .closed, detail: "no memory for the transfers")
    }
    self.multi = multi
    self.poller = poller
    self.queue = queue
    connectTimeout = configuration.connectTimeout
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = rill_multi_set_socket(multi, socketChanged, context)
    _ = rill_multi_set_timer(multi, timerChanged, context)
    _ = rill_multi_set_idle_connections(multi, configuration.idleConnections)
    poller.watch(queue.wakeup.readEnd, for: .read)
  }

  deinit {
    // Closing the idle connections must not call back into an object that is going away.
    _ = rill_multi_set_socket(multi, nil, nil)
    _ = rill_multi_set_timer(multi, nil, nil)
    curl_multi_cleanup(multi)
  }

  /// Returns when the queue was closed and every transfer has ended.
  func run() {
    // libcurl leaves SIGPIPE alone because of CURLOPT_NOSIGNAL; OpenSSL writes without MSG_NOSIGNAL.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)

    var ready: [SocketReadiness] = []
    var commands: [TransferCommand] = []
    var isClosing = false
    var pacing = TurnPacing(now: clock.now)
    while !isClosing {
      if let pause = pacing.pause(now: clock.now) { sleep(pause) }
      poller.wait(milliseconds: millisecondsToWait(), ready: &ready)
      pacing.beginTurn(pieces: ready.count, now: clock.now)
      for socket in ready { act(on: socket) }
      wakeups.wake()
      if let timer, timer <= clock.now { act(on: rill_socket_timeout(), events: 0) }
      isClosing = queue.takeAll(into: &commands)
      for command in commands { obey(command) }
      endFinishedTransfers()
      cancelOverdueTransfers()
      wakeups.wake()
    }
    for transfer in Array(transfers.values) {
      end(transfer, HTTPTransportError(kind: .closed, detail: "the transport was closed"))
    }
    wakeups.wake()
  }

  /// - Parameter duration: less than a second. A signal may cut it short.
  private func sleep(_ duration: Duration) {
    var time = timespec(tv_sec: 0, tv_nsec: Int(duration / .nanoseconds(1)))
    nanosleep(&time, nil)
  }

  private func millisecondsToWait() -> Int32 {
    let next = lingering.reduce(timer) { earliest, entry in min(earliest ?? entry.deadline, entry.deadline) }
    guard let next else { return -1 }
    let (seconds, attoseconds) = clock.now.duration(to: next).components
    // Rounded up: waking up too early would only spin.
    let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: max(0, milliseconds))
  }

  private func act(on socket: SocketReadiness) {
    if socket.descriptor == queue.wakeup.readEnd { return queue.wakeup.drain() }
    var events: Int32 = 0
    if socket.isReadable { events |= CURL_CSELECT_IN }
    if socket.isWritable { events |= CURL_CSELECT_OUT }
    if socket.hasFailed { events |= CURL_CSELECT_ERR }
    act(on: socket.descriptor, events: events)
  }

  private func act(on descriptor: curl_socket_t, events: Int32) {
    var running: Int32 = 0
    if descriptor == rill_socket_timeout() { timer = nil }
    _ = curl_multi_socket_action(multi, descriptor, events, &running)
  }

  private func obey(_ command: TransferCommand) {
    switch command {
    case .add(let id, let request, let receiver): add(id, request, receiver)
    case .resume(let id):
      if let transfer = transfers[id] { _ = curl_easy_pause(transfer.easy, CURLPAUSE_CONT) }
    case .cancel(let id):
      if let transfer = transfers[id] {
        end(transfer, HTTPTransportError(kind: .cancelled, detail: "cancelled"))
      }
    case .release(let id, let time):
      if transfers[id] != nil { lingering.append((id, clock.now.advanced(by: time))) }
    }
  }

  private func add(_ id: TransferID, _ request: HTTPRequest, _ receiver: any TransferReceiver) {
    do {
      let transfer = try Transfer(
        id: id, request: request, receiver: receiver, wakeups: wakeups, connectTimeout: connectTimeout)
      guard curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
        throw HTTPTransportError(kind: .closed, detail: "libcurl took no further transfer")
      }
      transfers[id] = transfer
    } catch {
      let error =
        error as? HTTPTransportError ?? HTTPTransportError(kind: .invalidRequest, detail: "\(error)")
      receiver.end(error, waking: wakeups)
    }
  }

  private func endFinishedTransfers() {
    var remaining: Int32 = 0
    while let message = curl_multi_info_read(multi, &remaining) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let code = rill_message_result(message)
      var context: UnsafeMutableRawPointer?
      _ = rill_easy_get_private(easy, &context)
      guard let context else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      end(transfer, transfer.error(for: code))
    }
  }

  private func cancelOverdueTransfers() {
    guard !lingering.isEmpty else { return }
    let now = clock.now
    for (id, deadline) in lingering where deadline <= now {
      if let transfer = transfers[id] {
        end(transfer, HTTPTransportError(kind: .cancelled, detail: "not needed any more"))
      }
    }
    lingering.removeAll { $0.deadline <= now || transfers[$0.id] == nil }
  }

  /// Removing the handle of an unfinished transfer closes its connection (or resets its HTTP/2 stream) before
  /// `curl_multi_remove_handle` returns; only then is the task told.
  private func end(_ transfer: Transfer, _ error: HTTPTransportError?) {
    transfers[transfer.id] = nil
    _ = curl_multi_remove_handle(multi, transfer.easy)
    transfer.end(error)
  }

  // MARK: Callbacks

  fileprivate func watch(_ descriptor: curl_socket_t, _ what: Int32) {
    switch what {
    case CURL_POLL_IN: poller.watch(descriptor, for: .read)
    case CURL_POLL_OUT: poller.watch(descriptor, for: .write)
    case CURL_POLL_INOUT: poller.watch(descriptor, for: [.read, .write])
    default: poller.unwatch(descriptor)
    }
  }

  fileprivate func setTimer(milliseconds: Int) {
    timer = milliseconds < 0 ? nil : clock.now.advanced(by: .milliseconds(milliseconds))
  }
}

private let socketChanged: curl_socket_callback = { _, descriptor, what, context, _ in
  guard let context else { return 0 }
  Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().watch(descriptor, what)
  return 0
}

private let timerChanged: curl_multi_timer_callback = { _, milliseconds, context in
  guard let context else { return 0 }
  Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds: milliseconds)
  return 0
}
