import GRDB
import Graph

/// Settings in SQLite.
struct SQLiteSettingStore: SettingStore {
  let database: SQLiteDatabase
  let owner: Owner

  func setting(_ key: String) async throws -> String? {
    try await database.read {
      try String.fetchOne(
        $0, sql: "SELECT value FROM settings WHERE owner = ? AND key = ?", arguments: [owner.id, key])
    }
  }

  func setSetting(_ key: String, to value: String?) async throws {
    try await database.write { db in
      guard let value else {
        return try db.execute(
          sql: "DELETE FROM settings WHERE owner = ? AND key = ?", arguments: [owner.id, key])
      }
      try db.execute(
        sql: """
          INSERT INTO settings (owner, key, value) VALUES (?, ?, ?)
          ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value
          """,
        arguments: [owner.id, key, value])
    }
  }
}
