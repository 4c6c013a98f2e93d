internal import CPostgres

extension PostgresSession {
  /// Returns when something has happened that the operation should look at.
  ///
  /// - Throws: ``PostgresError`` when the operation's time is over and stopping it did not help; the connection is
  ///   closed then.
  func wait() async throws {
    if let operation, operation.kind != .listening, let deadline = operation.deadline, deadline <= .now {
      try expire()
    }
    watch?.isReading = true
    await withCheckedContinuation { waiter = $0 }
  }

  func wake() {
    waiter?.resume()
    waiter = nil
  }

  private func expire() throws {
    guard let operation, operation.kind == .statement, operation.stop == nil else {
      // While connecting, a watch of the moment still has the socket; whoever opens closes.
      if isEstablished { close() }
      throw PostgresError(
        .timeout, "the database did not answer in time", outcomeIsUnknown: operation?.hasSent ?? false,
        endsConnection: true)
    }
    stop(operation.id, .timeout)
  }

  /// The socket has something. Reading is left to the operation, which may not want more at the moment; without an
  /// operation only the end of the connection and the odd notice can come.
  func socketIsReadable() {
    guard isEstablished else { return wake() }
    if operation == nil, !keepsNotifications { return lookForEnd() }
    guard waiter != nil else {
      watch?.isReading = false
      return
    }
    let isOpen = PQconsumeInput(connection) == 1
    noteProgress()
    if !isOpen || PQisBusy(connection) == 0 || watch?.isWriting == true { wake() }
  }

  func socketIsWritable() {
    watch?.isWriting = false
    wake()
  }

  /// Closes the connection when the other side has.
  func lookForEnd() {
    guard !isClosed, isEstablished else { return }
    let isOpen = PQconsumeInput(connection) == 1 && PQstatus(connection) == CONNECTION_OK
    // Lets libpq read what came, so that notices get to the log.
    _ = PQisBusy(connection)
    if !keepsNotifications { _ = takeNotifications() }
    if !isOpen { close() }
  }

  /// - Throws: ``PostgresError`` when the process has no file descriptors left.
  func makeWatch() throws -> SocketWatch {
    let watch = SocketWatch(
      descriptor: PQsocket(connection), queue: executor.queue,
      readable: { [weak self] in self?.assumeIsolated { $0.socketIsReadable() } },
      writable: { [weak self] in self?.assumeIsolated { $0.socketIsWritable() } })
    guard let watch else {
      throw PostgresError(.connection, "no file descriptor is left for the connection", endsConnection: true)
    }
    return watch
  }
}
