/// What did not become so in time.
public struct NeverHappened: Error, CustomStringConvertible {
  public let description: String
}

/// Looks until something holds, for as long as that may take on a slow and busy machine.
///
/// There is a pause between two looks: a loop that only yields would take a thread of the two that the tests and the server
/// under test share, from the very thing that is waited for.
/// - Throws: ``NeverHappened`` when the time is up, or what `holds` throws.
public func eventually(
  _ what: String = "what the test waits for", within limit: Duration = .seconds(60),
  _ holds: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while try await !holds() {
    guard ContinuousClock.now < end else { throw NeverHappened(description: "never: " + what) }
    try await Task.sleep(for: .milliseconds(1))
  }
}
