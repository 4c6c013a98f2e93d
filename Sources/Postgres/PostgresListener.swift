public import Logging

/// One connection that listens to channels. When it breaks, another one is opened, after a pause that grows.
public final class PostgresListener: Sendable {
  /// What happened.
  public enum Event: Sendable, Hashable {
    /// It listens now. What was sent before, and while there was no connection, is lost: look for what you missed.
    case connected
    /// Somebody sent a notification to one of the channels; the process is the sender's on the server.
    case notification(channel: String, payload: String, processID: Int32)
  }

  private let configuration: PostgresConfiguration
  private let channels: [String]
  private let logger: Logger

  /// - Parameter channels: names as they are, neither quoted nor turned to lower case; 63 bytes at the most.
  public init(_ configuration: PostgresConfiguration, channels: [String], logger: Logger) {
    self.configuration = configuration
    self.channels = channels
    self.logger = logger
  }

  /// Calls `receive` for each event, in order, until the task is cancelled.
  ///
  /// Nothing is read while `receive` runs; what the server has sent then waits in the socket and on the server.
  /// A connection that is silent is asked for a sign of life every ``PostgresConfiguration/idleCheck``.
  public nonisolated(nonsending) func run(_ receive: nonisolated(nonsending) (Event) async -> Void) async {
    var pause = Self.firstPause
    while !Task.isCancelled {
      do {
        let session = try await PostgresSession.open(
          configuration, logger: logger, within: configuration.acquireTimeout, cancellation: .cancelsQuery,
          keepsNotifications: true, whenGone: { _ in })
        do {
          try await listen(session) { event in
            if event == .connected { pause = Self.firstPause }
            await receive(event)
          }
        } catch {
          await session.close()
          throw error
        }
      } catch {
        if Task.isCancelled { return }
        logger.notice(
          "listening to the database ended, trying again",
          metadata: ["error": "\(error)", "pause": "\(pause)"])
      }
      do { try await Waiting.pause(pause * Double.random(in: 0.5...1), .cancelsQuery) } catch { return }
      pause = min(pause * 2, Self.longestPause)
    }
  }

  private nonisolated(nonsending) func listen(
    _ session: PostgresSession, _ receive: nonisolated(nonsending) (Event) async -> Void
  ) async throws {
    let statements = try channels.map { channel in
      let quoted = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      return try EncodedStatement(PostgresStatement("LISTEN \"\(quoted)\""))
    }
    _ = try await session.run(statements, .cancelsQuery)
    await receive(.connected)
    while true {
      let notifications = try await session.notifications(within: configuration.idleCheck)
      for notification in notifications {
        if Task.isCancelled { throw CancellationError() }
        await receive(
          .notification(
            channel: notification.channel, payload: notification.payload, processID: notification.processID))
      }
      if notifications.isEmpty, !(await session.ping(within: configuration.checkTimeout)) {
        throw PostgresError(.connection, "the database gave no sign of life", endsConnection: true)
      }
    }
  }

  private static let firstPause = Duration.milliseconds(50)
  private static let longestPause = Duration.seconds(5)
}
