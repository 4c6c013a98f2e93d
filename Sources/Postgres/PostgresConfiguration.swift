internal import CPostgres
import Foundation

/// Where the server is and how it is used.
public struct PostgresConfiguration: Sendable {
  /// How many connections the client opens at the most.
  public var poolSize = 10
  /// The longest that a call waits for a connection, reconnecting included.
  public var acquireTimeout = Duration.seconds(10)
  /// The longest that one statement may take. The server enforces it (except through a pooler, see
  /// ``preparesStatements``); the client cancels a little later, and closes the connection when that has no
  /// effect either.
  public var statementTimeout = Duration.seconds(30)
  /// A connection that was idle for longer is checked before it is lent.
  public var idleCheck = Duration.seconds(15)
  /// A connection that was idle for longer is closed.
  public var maxIdle = Duration.seconds(300)
  /// The name that the server shows for the connections, unless the URL gives one.
  public var applicationName = "rill"
  /// Whether statements are prepared once on each connection. Turn it off for a pooler in transaction mode: then no
  /// session state is relied on, the server's statement time-out included.
  public var preparesStatements = true
  /// How many prepared statements one connection keeps; the one that was not used for the longest time goes first.
  public var preparedStatementLimit = 256
  /// How much longer than the server the client waits, and how long after it has asked the server to cancel.
  var grace = Duration.seconds(2)
  /// How long a connection that was idle may take for a sign of life.
  var checkTimeout = Duration.seconds(1)

  /// What libpq gets, by keyword: what the URL says and ``defaults``.
  private let parameters: [String: String]

  /// Good for a server in a data centre: a peer that vanished is noticed in seconds, not in hours.
  private static let defaults = [
    "connect_timeout": "5", "keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3",
    "tcp_user_timeout": "8000",
  ]

  /// - Parameter url: `postgres://user:password@host:port/database?key=value`, or a connection string of libpq
  ///   (`host=… dbname=…`). Everything that libpq knows passes through: TLS, several hosts, service files, and its
  ///   environment variables.
  /// - Throws: ``PostgresError`` of the kind `usage`; its text does not quote the URL.
  public init(url: String) throws {
    let given = try ConnectionString.parse(url)
    parameters = Self.defaults.merging(given) { _, given in given }
  }

  /// Host, port, database and user, for logs. Never the password.
  public var redactedDescription: String {
    let host = parameters["host"] ?? parameters["hostaddr"] ?? parameters["service"] ?? "local"
    let port = parameters["port"].map { ":\($0)" } ?? ""
    let database = parameters["dbname"].map { "/\($0)" } ?? ""
    let user = parameters["user"].map { "\($0)@" } ?? ""
    return user + host + port + database
  }

  /// The longest that opening a connection may take, all hosts together.
  var connectTimeout: Duration {
    let hosts = (parameters["host"] ?? parameters["hostaddr"] ?? "").split(separator: ",").count
    guard let seconds = parameters["connect_timeout"].flatMap({ Int($0) }), seconds > 0 else {
      return acquireTimeout
    }
    // libpq, too, never waits for less than two seconds.
    return .seconds(max(2, seconds) * max(1, hosts))
  }

  /// The password, to keep it out of texts that come from libpq.
  var password: String? { parameters["password"] }

  /// What is given to `PQconnectStartParams`.
  var connectionParameters: [String: String] {
    var all = parameters
    all["client_encoding"] = "UTF8"
    all["fallback_application_name"] = applicationName
    if preparesStatements {
      // The last one counts, so that the URL's own options win.
      all["options"] =
        "-c statement_timeout=\(statementTimeout.milliseconds) " + (parameters["options"] ?? "")
    }
    return all
  }
}

/// Whatever is printed of one, also as a part of something larger, has no password in it.
extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { redactedDescription }
  public var debugDescription: String { redactedDescription }
  public var customMirror: Mirror { Mirror(self, children: ["server": redactedDescription]) }
}

extension Duration {
  /// Rounded up, so that a short time is never none.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
