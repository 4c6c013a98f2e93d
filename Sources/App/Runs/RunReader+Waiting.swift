extension RunReader {
  /// Waits until the run's log has ended, the reader was detached, or the task is cancelled, without reading anything.
  func waitForEnd() async {
    guard let log = run?.log else { return }
    let waiter = EndWaiter(reader: self, log: log)
    follow(with: waiter)
    defer { unfollow() }
    await waiter.wait()
  }
}

/// Waits for the end of a log.
private final class EndWaiter: RunLogObserver {
  private let reader: RunReader
  private let log: RunLog
  private let end = OneShot<Void>()

  init(reader: RunReader, log: RunLog) {
    self.reader = reader
    self.log = log
  }

  func logChanged() {
    if log.hasEnded || reader.isDetached { end.fulfil(()) }
  }

  func timePassed(_ now: Duration) {}

  func wait() async {
    logChanged()
    // Cancelled or ended, it is the same to whoever waits.
    try? await end.wait()
  }
}
