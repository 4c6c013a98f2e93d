#include "fulltext.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework") with the constants of FTS5.
static const double k1 = 1.2;
static const double b = 0.75;
// What FTS5 gives a word that more than half of the rows have.
static const double least_rarity = 1e-6;

enum { MOST_COLUMNS = 16, MOST_KEPT = 4096 };

// What is known of one search, and of the rows that it has seen.
typedef struct {
  int phrase_count, weight_count;
  double weights[MOST_COLUMNS];
  double mean_length;
  // The best scores so far with the worst of them on top, if so many are asked for at all.
  int limit, kept;
  double *best;
  double *rarity;
  double *frequency;
  double numbers[];
} search;

static int count_row(const Fts5ExtensionApi *api, Fts5Context *context, void *count) {
  (void)api;
  (void)context;
  (*(sqlite3_int64 *)count)++;
  return SQLITE_OK;
}

static int measure(const Fts5ExtensionApi *api, Fts5Context *context, search *s) {
  sqlite3_int64 rows = 0, tokens = 0;
  int code = api->xRowCount(context, &rows);
  if (code == SQLITE_OK) code = api->xColumnTotalSize(context, -1, &tokens);
  s->mean_length = rows > 0 ? (double)tokens / (double)rows : 1;
  for (int phrase = 0; code == SQLITE_OK && phrase < s->phrase_count; phrase++) {
    sqlite3_int64 hits = 0;
    code = api->xQueryPhrase(context, phrase, &hits, count_row);
    const double rarity = log(((double)(rows - hits) + 0.5) / ((double)hits + 0.5));
    s->rarity[phrase] = rarity > 0 ? rarity : least_rarity;
  }
  return code;
}

// Made with the first row; FTS5 frees it with the search.
static int search_of(
    const Fts5ExtensionApi *api, Fts5Context *context, int count, sqlite3_value **values, search **result) {
  search *s = api->xGetAuxdata(context, 0);
  *result = s;
  if (s) return SQLITE_OK;
  const int phrases = api->xPhraseCount(context);
  const sqlite3_int64 wanted = count > 0 ? sqlite3_value_int64(values[0]) : 0;
  const int limit = wanted > 0 && wanted <= MOST_KEPT ? (int)wanted : 0;
  s = sqlite3_malloc64(sizeof(search) + sizeof(double) * (2 * (sqlite3_uint64)phrases + (sqlite3_uint64)limit));
  if (!s) return SQLITE_NOMEM;
  memset(s, 0, sizeof(search));
  s->phrase_count = phrases;
  s->limit = limit;
  s->rarity = s->numbers;
  s->frequency = s->rarity + phrases;
  s->best = s->frequency + phrases;
  for (int i = 1; i < count && s->weight_count < MOST_COLUMNS; i++) {
    s->weights[s->weight_count++] = sqlite3_value_double(values[i]);
  }
  int code = measure(api, context, s);
  if (code == SQLITE_OK) {
    code = api->xSetAuxdata(context, s, sqlite3_free);
  } else {
    sqlite3_free(s);
  }
  *result = s;
  return code;
}

// How often each phrase stands in the row, a place in a column counting as much as the column's weight.
//
// It also tells how long the row is at least: each column reaches as far as the last of these places.
static int count_phrases(const Fts5ExtensionApi *api, Fts5Context *context, search *s, double *least_length) {
  int lengths[MOST_COLUMNS] = {0};
  for (int phrase = 0; phrase < s->phrase_count; phrase++) {
    double sum = 0;
    Fts5PhraseIter place;
    int column, offset;
    const int code = api->xPhraseFirst(context, phrase, &place, &column, &offset);
    if (code != SQLITE_OK) return code;
    for (; column >= 0; api->xPhraseNext(context, &place, &column, &offset)) {
      sum += column < s->weight_count ? s->weights[column] : 1;
      if (column < MOST_COLUMNS && offset >= lengths[column]) lengths[column] = offset + 1;
    }
    s->frequency[phrase] = sum;
  }
  *least_length = 0;
  for (int column = 0; column < MOST_COLUMNS; column++) *least_length += lengths[column];
  return SQLITE_OK;
}

static double score(const search *s, double length) {
  const double norm = k1 * (1 - b + b * length / s->mean_length);
  double sum = 0;
  for (int phrase = 0; phrase < s->phrase_count; phrase++) {
    const double frequency = s->frequency[phrase];
    sum += s->rarity[phrase] * (frequency * (k1 + 1) / (frequency + norm));
  }
  return sum;
}

static void sift_down(search *s, double value) {
  int place = 0;
  for (int child = 1; child < s->kept; child = 2 * place + 1) {
    if (child + 1 < s->kept && s->best[child + 1] < s->best[child]) child++;
    if (s->best[child] >= value) break;
    s->best[place] = s->best[child];
    place = child;
  }
  s->best[place] = value;
}

static void keep(search *s, double value) {
  if (s->kept == s->limit) {
    if (s->limit > 0 && value > s->best[0]) sift_down(s, value);
    return;
  }
  int place = s->kept++;
  while (place > 0 && s->best[(place - 1) / 2] > value) {
    s->best[place] = s->best[(place - 1) / 2];
    place = (place - 1) / 2;
  }
  s->best[place] = value;
}

static void bm25(
    const Fts5ExtensionApi *api, Fts5Context *context, sqlite3_context *result, int count,
    sqlite3_value **values) {
  search *s = NULL;
  double least_length = 0;
  int code = search_of(api, context, count, values, &s);
  if (code == SQLITE_OK) code = count_phrases(api, context, s, &least_length);
  if (code == SQLITE_OK && s->limit > 0 && s->kept == s->limit) {
    // The longer a row, the lower its score.
    const double most = score(s, least_length);
    if (most < s->best[0]) {
      sqlite3_result_double(result, -most);
      return;
    }
  }
  int length = 0;
  if (code == SQLITE_OK) code = api->xColumnSize(context, -1, &length);
  if (code != SQLITE_OK) {
    sqlite3_result_error_code(result, code);
    return;
  }
  const double exact = score(s, length);
  keep(s, exact);
  sqlite3_result_double(result, -exact);
}

int rill_add_bm25(sqlite3 *connection) {
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
  return api->xCreateFunction(api, "rill_bm25", NULL, bm25, NULL);
}
