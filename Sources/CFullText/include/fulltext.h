// A ranked search for SQLite's full-text index (FTS5).
#pragma once
#include <sqlite3.h>

/// Adds the function `rill_best_rows(table, name, limit, rows, weight of column 0, weight of column 1, …)` to a connection.
///
/// Of the rows that have one of the query's phrases it gives the best `limit`, at most 4,096, with the scores of FTS5's own
/// `bm25` with its sign turned round: a blob with a row number and a score for each, 64 bits each as they stand in
/// memory, best first and of equal ones the smaller row number first. It does so once for a whole search, so the statement
/// ends with `LIMIT 1`; the query's phrases are joined with OR. Only for the first row does SQLite itself bring the
/// phrases together, which is most of what a search by `bm25` costs: here each phrase's rows are read in one go. Lengths of
/// rows, which stand in a table of their own, are looked at only where a row can still be among the best.
/// - `name`: the table's name as a text.
/// - `rows`: NULL, or a blob of those row numbers which may be found, 64 bits each, the smallest first.
/// - Returns: a result code of SQLite.
int rill_add_best_rows(sqlite3 *connection);
