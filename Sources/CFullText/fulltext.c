#include "fulltext.h"

#include <math.h>
#include <string.h>

// BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework") with the constants of FTS5.
static const double k1 = 1.2;
static const double b = 0.75;
// What FTS5 gives a word that more than half of the rows have.
static const double least_rarity = 1e-6;

enum { MOST_COLUMNS = 16, MOST_KEPT = 4096, FIXED_ARGUMENTS = 3 };
static const sqlite3_int64 no_row = 0x7fffffffffffffffLL;

// A phrase in a row.
typedef struct {
  sqlite3_int64 row;
  // How often it stands there, a place in a column counting as much as the column's weight.
  double frequency;
  // How long the row is at least: each column reaches as far as the last of these places.
  double least_length;
} posting;

// A phrase's rows in their order, and the first of them that has not been merged with those of the other phrases.
typedef struct {
  posting *postings;
  sqlite3_int64 count, room, next;
  double rarity;
} phrase_rows;

typedef struct {
  sqlite3_int64 row;
  double score;
} hit;

typedef struct {
  phrase_rows *phrases;
  int phrase_count, weight_count;
  double weights[MOST_COLUMNS];
  double mean_length;
  // Only these rows are wanted, in their order; NULL when all are.
  const unsigned char *wanted;
  sqlite3_int64 wanted_count, wanted_next;
  // The lengths of rows stand in a table of their own.
  sqlite3_stmt *length_of_row;
  // The best rows so far, the worst of them on top.
  hit *best;
  int limit, kept;
  // Of the row that is looked at, for each phrase.
  double *frequency;
  // The phrase whose rows are being read.
  phrase_rows *reading;
} search;

// MARK: Reading the rows of a phrase

static int add_row(const Fts5ExtensionApi *api, Fts5Context *context, void *argument) {
  const search *s = argument;
  phrase_rows *rows = s->reading;
  if (rows->count == rows->room) {
    const sqlite3_int64 room = rows->room ? rows->room * 2 : 256;
    posting *postings = sqlite3_realloc64(rows->postings, (sqlite3_uint64)room * sizeof(posting));
    if (!postings) return SQLITE_NOMEM;
    rows->postings = postings;
    rows->room = room;
  }
  posting found = {.row = api->xRowid(context)};
  Fts5PhraseIter place;
  int column, offset, last_column = -1, last_offset = -1;
  const int code = api->xPhraseFirst(context, 0, &place, &column, &offset);
  if (code != SQLITE_OK) return code;
  for (; column >= 0; api->xPhraseNext(context, &place, &column, &offset)) {
    found.frequency += column < s->weight_count ? s->weights[column] : 1;
    if (column != last_column) found.least_length += last_offset + 1;
    last_column = column;
    last_offset = offset;
  }
  found.least_length += last_offset + 1;
  rows->postings[rows->count++] = found;
  return SQLITE_OK;
}

static int read_phrases(const Fts5ExtensionApi *api, Fts5Context *context, search *s) {
  sqlite3_int64 rows = 0, tokens = 0;
  int code = api->xRowCount(context, &rows);
  if (code == SQLITE_OK) code = api->xColumnTotalSize(context, -1, &tokens);
  s->mean_length = rows > 0 ? (double)tokens / (double)rows : 1;
  for (int phrase = 0; code == SQLITE_OK && phrase < s->phrase_count; phrase++) {
    s->reading = &s->phrases[phrase];
    code = api->xQueryPhrase(context, phrase, s, add_row);
    const double count = (double)s->reading->count;
    const double rarity = log(((double)rows - count + 0.5) / (count + 0.5));
    s->reading->rarity = rarity > 0 ? rarity : least_rarity;
  }
  return code;
}

// MARK: Scores

// The longer a row, the lower its score.
static double score(const search *s, double length) {
  const double norm = k1 * (1 - b + b * length / s->mean_length);
  double sum = 0;
  for (int phrase = 0; phrase < s->phrase_count; phrase++) {
    const double frequency = s->frequency[phrase];
    if (frequency > 0) sum += s->phrases[phrase].rarity * (frequency * (k1 + 1) / (frequency + norm));
  }
  return sum;
}

// Takes the next row that has a phrase, with the frequency of each phrase in it.
static sqlite3_int64 next_row(search *s, double *least_length) {
  sqlite3_int64 row = no_row;
  for (int phrase = 0; phrase < s->phrase_count; phrase++) {
    const phrase_rows *rows = &s->phrases[phrase];
    if (rows->next < rows->count && rows->postings[rows->next].row < row) row = rows->postings[rows->next].row;
  }
  *least_length = 0;
  for (int phrase = 0; phrase < s->phrase_count; phrase++) {
    phrase_rows *rows = &s->phrases[phrase];
    s->frequency[phrase] = 0;
    if (rows->next == rows->count || rows->postings[rows->next].row != row) continue;
    const posting *found = &rows->postings[rows->next++];
    s->frequency[phrase] = found->frequency;
    if (found->least_length > *least_length) *least_length = found->least_length;
  }
  return row;
}

// Rows are asked for in their order.
static int is_wanted(search *s, sqlite3_int64 row) {
  if (!s->wanted) return 1;
  for (; s->wanted_next < s->wanted_count; s->wanted_next++) {
    sqlite3_int64 wanted;
    memcpy(&wanted, s->wanted + s->wanted_next * (sqlite3_int64)sizeof(wanted), sizeof(wanted));
    if (wanted >= row) return wanted == row;
  }
  return 0;
}

// The number of words in all columns of a row: a variable-length number for each, high bits first.
static int read_length(search *s, sqlite3_int64 row, double *length) {
  sqlite3_bind_int64(s->length_of_row, 1, row);
  int code = sqlite3_step(s->length_of_row);
  if (code == SQLITE_ROW) {
    const unsigned char *bytes = sqlite3_column_blob(s->length_of_row, 0);
    const int count = sqlite3_column_bytes(s->length_of_row, 0);
    sqlite3_uint64 number = 0;
    *length = 0;
    for (int i = 0; i < count; i++) {
      number = number << 7 | (bytes[i] & 0x7f);
      if (bytes[i] & 0x80) continue;
      *length += (double)number;
      number = 0;
    }
    code = SQLITE_OK;
  } else if (code == SQLITE_DONE) {
    // The index names a row whose length is not there.
    code = SQLITE_CORRUPT_VTAB;
  }
  sqlite3_reset(s->length_of_row);
  return code;
}

// MARK: The best rows

// Of equal scores the smaller row number is the better one.
static int is_worse(hit first, hit second) {
  return first.score < second.score || (first.score == second.score && first.row > second.row);
}

static void sift_down(hit *heap, int count, hit value) {
  int place = 0;
  for (int child = 1; child < count; child = 2 * place + 1) {
    if (child + 1 < count && is_worse(heap[child + 1], heap[child])) child++;
    if (!is_worse(heap[child], value)) break;
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = value;
}

static void keep(search *s, hit value) {
  if (s->kept == s->limit) {
    if (is_worse(s->best[0], value)) sift_down(s->best, s->kept, value);
    return;
  }
  int place = s->kept++;
  while (place > 0 && is_worse(value, s->best[(place - 1) / 2])) {
    s->best[place] = s->best[(place - 1) / 2];
    place = (place - 1) / 2;
  }
  s->best[place] = value;
}

static void sort_best_first(search *s) {
  for (int count = s->kept - 1; count > 0; count--) {
    const hit worst = s->best[0], last = s->best[count];
    sift_down(s->best, count, last);
    s->best[count] = worst;
  }
}

static int find_best(search *s) {
  for (;;) {
    double least_length;
    const sqlite3_int64 row = next_row(s, &least_length);
    if (row == no_row) return SQLITE_OK;
    if (!is_wanted(s, row)) continue;
    // Rows come in their order: one that is only as good as the worst is no better.
    if (s->kept == s->limit && score(s, least_length) <= s->best[0].score) continue;
    double length;
    const int code = read_length(s, row, &length);
    if (code != SQLITE_OK) return code;
    keep(s, (hit){row, score(s, length)});
  }
}

// MARK: The function

static int prepare(
    const Fts5ExtensionApi *api, Fts5Context *context, sqlite3 *connection, int count, sqlite3_value **values,
    search *s) {
  const sqlite3_int64 limit = sqlite3_value_int64(values[1]);
  s->limit = limit < 1 ? 0 : limit > MOST_KEPT ? MOST_KEPT : (int)limit;
  s->phrase_count = api->xPhraseCount(context);
  if (sqlite3_value_type(values[2]) != SQLITE_NULL) {
    // An empty blob has no address.
    const unsigned char *rows = sqlite3_value_blob(values[2]);
    s->wanted = rows ? rows : (const unsigned char *)"";
    s->wanted_count = sqlite3_value_bytes(values[2]) / (int)sizeof(sqlite3_int64);
  }
  for (int i = FIXED_ARGUMENTS; i < count && s->weight_count < MOST_COLUMNS; i++) {
    s->weights[s->weight_count++] = sqlite3_value_double(values[i]);
  }
  const sqlite3_uint64 phrases = (sqlite3_uint64)s->phrase_count;
  s->phrases = sqlite3_malloc64((phrases + 1) * sizeof(phrase_rows));
  if (!s->phrases) return SQLITE_NOMEM;
  memset(s->phrases, 0, (phrases + 1) * sizeof(phrase_rows));
  s->frequency = sqlite3_malloc64((phrases + 1) * sizeof(double));
  s->best = sqlite3_malloc64(((sqlite3_uint64)s->limit + 1) * sizeof(hit));
  const char *table = (const char *)sqlite3_value_text(values[0]);
  char *sql = sqlite3_mprintf("SELECT sz FROM \"%w_docsize\" WHERE id = ?1", table ? table : "");
  int code = s->frequency && s->best && sql ? SQLITE_OK : SQLITE_NOMEM;
  if (code == SQLITE_OK) code = sqlite3_prepare_v2(connection, sql, -1, &s->length_of_row, NULL);
  sqlite3_free(sql);
  return code;
}

static void destroy(search *s) {
  for (int phrase = 0; s->phrases && phrase < s->phrase_count; phrase++) sqlite3_free(s->phrases[phrase].postings);
  sqlite3_free(s->phrases);
  sqlite3_free(s->frequency);
  sqlite3_finalize(s->length_of_row);
}

static void best_rows(
    const Fts5ExtensionApi *api, Fts5Context *context, sqlite3_context *result, int count,
    sqlite3_value **values) {
  if (count < FIXED_ARGUMENTS) {
    sqlite3_result_error(result, "rill_best_rows: table, name, limit, rows and weights are wanted", -1);
    return;
  }
  search s = {0};
  int code = prepare(api, context, sqlite3_context_db_handle(result), count, values, &s);
  if (code == SQLITE_OK) code = s.limit > 0 ? read_phrases(api, context, &s) : SQLITE_OK;
  if (code == SQLITE_OK && s.limit > 0) code = find_best(&s);
  if (code == SQLITE_OK) {
    sort_best_first(&s);
    sqlite3_result_blob64(result, s.best, (sqlite3_uint64)s.kept * sizeof(hit), sqlite3_free);
  } else {
    sqlite3_free(s.best);
    sqlite3_result_error_code(result, code);
  }
  destroy(&s);
}

int rill_add_best_rows(sqlite3 *connection) {
  fts5_api *api = NULL;
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, NULL);
  if (code != SQLITE_OK) return code;
  code = sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
  if (code == SQLITE_OK) sqlite3_step(statement);
  const int end = sqlite3_finalize(statement);
  if (code == SQLITE_OK) code = end;
  if (code != SQLITE_OK) return code;
  if (!api) return SQLITE_MISUSE;
  return api->xCreateFunction(api, "rill_best_rows", NULL, best_rows, NULL);
}
