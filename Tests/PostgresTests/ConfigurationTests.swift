import Foundation
import Testing

@testable import Postgres

struct ConfigurationTests {
  private static let password = "s3cret-p4ss"

  @Test("Every option of libpq passes through, and the defaults give way to what is given")
  func passesThrough() throws {
    let configuration = try PostgresConfiguration(
      url:
        "postgres://me:\(Self.password)@db.example:5433/rill?sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/me.crt"
        + "&sslkey=/me.key&ssl_min_protocol_version=TLSv1.3&channel_binding=require&connect_timeout=9"
        + "&target_session_attrs=read-write&options=-csearch_path%3Dx")
    let parameters = configuration.connectionParameters
    #expect(parameters["sslmode"] == "verify-full")
    #expect(parameters["sslrootcert"] == "/ca.pem")
    #expect(parameters["sslcert"] == "/me.crt")
    #expect(parameters["sslkey"] == "/me.key")
    #expect(parameters["ssl_min_protocol_version"] == "TLSv1.3")
    #expect(parameters["channel_binding"] == "require")
    #expect(parameters["target_session_attrs"] == "read-write")
    #expect(parameters["connect_timeout"] == "9")
    #expect(parameters["keepalives_idle"] == "5")
    #expect(parameters["tcp_user_timeout"] == "8000")
    #expect(parameters["options"] == "-c statement_timeout=30000 -csearch_path=x")
    #expect(parameters["password"] == Self.password)
    #expect(configuration.connectTimeout == .seconds(9))
    #expect(configuration.redactedDescription == "me@db.example:5433/rill")
    // As a log would print something that has it.
    struct Holder { var configuration: PostgresConfiguration }
    var text =
      "\(Holder(configuration: configuration)) \(configuration) \(String(reflecting: configuration)) "
    dump(Holder(configuration: configuration), to: &text)
    #expect(text.contains("me@db.example:5433/rill") && !text.contains(Self.password))
  }

  @Test("A connection string of libpq is as good as a URL")
  func connectionString() throws {
    let configuration = try PostgresConfiguration(
      url: "host=a,b port=1,2 dbname=rill user=me password='\(Self.password)'")
    #expect(configuration.redactedDescription == "me@a,b:1,2/rill")
    #expect(configuration.connectTimeout == .seconds(10))
    #expect(try PostgresConfiguration(url: "").redactedDescription == "local")
    #expect(try PostgresConfiguration(url: "postgresql:///x?host=/run").redactedDescription == "/run/x")
  }

  @Test(
    "What cannot be read is refused without quoting it",
    arguments: [
      "http://me:PASS@db/x", "postgres://me:PASS@db/x?nonsense=1", "postgres://me:PA/SS@db/x",
      "postgres://me:PA@SS@db/x",
      "postgres://me:PA:SS@[db/x", "host=db password='PASS", "PASS", "postgres://me:PASS@db:port/x",
      "host=db\0PASS",
      "postgres://me:%zzPASS@db/x",
    ])
  func refuses(url: String) async throws {
    let error = try await failure { try PostgresConfiguration(url: url) }
    #expect(error.kind == .usage(.invalidConfiguration))
    for secret in ["PASS", "PA", "SS"] { #expect(!"\(error) \(error.message)".contains(secret)) }
  }

  @Test("Nothing that a client says or logs holds the password", .enabled(if: TestDatabase.isGiven))
  func secrecy() async throws {
    let (logger, lines) = RecordingLogHandler.logger()
    let proxy = try TestProxy()
    defer { proxy.close() }
    var texts: [String] = []
    for options in [
      ["dbname": "nowhere"], ["sslmode": "require"], ["host": "127.0.0.1", "port": "\(proxy.port)"],
      ["host": "nowhere.invalid"], ["host": "/nowhere"],
    ] {
      if options["port"] != nil { proxy.become(.refuses) }
      var configuration = try TestDatabase.configuration(
        options.merging(["password": Self.password]) { given, _ in given })
      configuration.acquireTimeout = .milliseconds(200)
      let client = PostgresClient(configuration, logger: logger)
      let error = try await failure { try await client.query("SELECT 1") }
      texts += ["\(error)", error.message, "\(error.detail ?? "")", configuration.redactedDescription]
      texts.append(String(reflecting: error))
      await client.close()
    }
    #expect(!(texts + lines.all).contains { $0.contains(Self.password) })
  }

  @Test("A database that does not exist is told at once", .enabled(if: TestDatabase.isGiven))
  func refusedByServer() async throws {
    let client = PostgresClient(
      try TestDatabase.configuration(["dbname": "nowhere"]), logger: TestDatabase.logger)
    let error = try await failure { try await client.query("SELECT 1") }
    #expect(error.kind == .server && error.sqlState == "3D000" && !error.isConnectionFailure)
    #expect(error.message == #"database "nowhere" does not exist"#)
    #expect(client.statistics.open == 0)
    await client.close()
  }

  @Test(
    "The server shows the application's name and keeps the URL's options", .enabled(if: TestDatabase.isGiven))
  func settings() async throws {
    var configuration = try TestDatabase.configuration(["options": "-cwork_mem=5MB"])
    configuration.applicationName = "rill tests"
    configuration.statementTimeout = .milliseconds(12_345)
    let client = PostgresClient(configuration, logger: TestDatabase.logger)
    let row = try await client.query(
      """
      SELECT current_setting('application_name'), current_setting('work_mem'), current_setting('statement_timeout'),
        current_setting('client_encoding')
      """)[0]
    #expect(try (0..<4).map { try row[$0] as String } == ["rill tests", "5MB", "12345ms", "UTF8"])
    await client.close()
  }

  @Test("A connection that has to be encrypted is encrypted or not made", .enabled(if: TestDatabase.isGiven))
  func encryption() async throws {
    var configuration = try TestDatabase.configuration(["sslmode": "require"])
    let plain = PostgresClient(try TestDatabase.configuration(), logger: TestDatabase.logger)
    let hasTLS = try await plain.query("SHOW ssl")[0][0] as String == "on"
    await plain.close()
    if !hasTLS { configuration.acquireTimeout = .seconds(1) }
    let client = PostgresClient(configuration, logger: TestDatabase.logger)
    if hasTLS {
      #expect(
        try await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0][0] == true)
    } else {
      let error = try await failure { try await client.query("SELECT 1") }
      #expect(error.kind == .connection && error.message.contains("SSL"))
    }
    await client.close()
  }

  @Test("The SQLSTATE of a failed connection is found in libpq's text")
  func reports() {
    let starting = ConnectReport(
      """
      connection to server at "127.0.0.1", port 1 failed: FATAL:  57P03: the database system is starting up
      LOCATION:  ProcessStartupPacket, postmaster.c:2345

      """, password: nil
    ).error
    #expect(starting.sqlState == "57P03" && starting.isConnectionFailure && starting.kind == .server)
    #expect(starting.message == "the database system is starting up")
    let wrong = ConnectReport("… failed: FATALE:  28P01: mot de passe\nLOCATION:  x, y:1\n", password: nil)
      .error
    #expect(wrong.sqlState == "28P01" && !wrong.isConnectionFailure)
    let refused = ConnectReport("… failed: Connection refused\n\tIs the server running?\n", password: "fail")
      .error
    #expect(refused.kind == .connection && refused.isConnectionFailure)
    #expect(refused.message == "… …ed: Connection refused; \tIs the server running?")
    #expect(ConnectReport("", password: nil).error.isConnectionFailure)
  }
}
