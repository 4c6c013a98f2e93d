internal import CPostgres

/// What another connection sent with NOTIFY.
struct Notification: Sendable {
  let channel: String
  let payload: String
  let processID: Int32
}

extension PostgresSession {
  /// What has come since the last call; empty when nothing came within the time.
  func notifications(within limit: Duration) async throws -> [Notification] {
    try await perform(.cancelsQuery, .listening) { session in
      let deadline = ContinuousClock.now + limit
      session.setDeadline(deadline)
      while true {
        let isOpen = PQconsumeInput(session.connection) == 1 && PQstatus(session.connection) == CONNECTION_OK
        _ = PQisBusy(session.connection)
        let notifications = session.takeNotifications()
        if !notifications.isEmpty { return notifications }
        if !isOpen { throw session.lose(nil) }
        if session.operation?.stop != nil { throw CancellationError() }
        if deadline <= .now { return [] }
        try await session.wait()
        guard !session.isClosed else { throw session.lose(nil) }
      }
    }
  }

  /// What libpq has read.
  func takeNotifications() -> [Notification] {
    var notifications: [Notification] = []
    while let pointer = PQnotifies(connection) {
      defer { PQfreemem(pointer) }
      notifications.append(
        Notification(
          channel: pointer.pointee.relname.map { String(cString: $0) } ?? "",
          payload: pointer.pointee.extra.map { String(cString: $0) } ?? "",
          processID: pointer.pointee.be_pid))
    }
    return notifications
  }
}
