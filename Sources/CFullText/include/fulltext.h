// A ranking function for SQLite's full-text search (FTS5).
#pragma once
#include <sqlite3.h>

/// Adds the function `rill_bm25(table, limit, weight of column 0, weight of column 1, …)` to a connection.
///
/// It gives what FTS5's own `bm25` gives for those among the best `limit` rows, with the same numbers: lower is better.
/// For a row that cannot be among them it may give something else that is worse than all of those, and spares the look at
/// the row's length, which is most of the work: it stands in a table of its own. A limit of zero or less spares nothing.
/// - Returns: a result code of SQLite.
int rill_add_bm25(sqlite3 *connection);
