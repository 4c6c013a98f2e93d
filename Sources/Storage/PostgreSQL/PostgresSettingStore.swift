public import Graph
import Postgres

/// An owner's settings in PostgreSQL.
public struct PostgresSettingStore: SettingStore {
  let database: PostgresDatabase
  let owner: String

  public func setting(_ key: String) async throws -> String? {
    try await database.query(
      "SELECT value FROM settings WHERE owner = $1 AND key = $2", [.text(owner), .text(key)]
    ).first?["value"]
  }

  public func setSetting(_ key: String, to value: String?) async throws {
    guard let value else {
      try await database.execute(
        "DELETE FROM settings WHERE owner = $1 AND key = $2", [.text(owner), .text(key)])
      return
    }
    try await database.execute(
      """
      INSERT INTO settings (owner, key, value) VALUES ($1, $2, $3)
      ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value
      """,
      [.text(owner), .text(key), .text(value)])
  }
}
