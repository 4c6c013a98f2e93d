// The client's command line.
#pragma once
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch.h"

static struct {
  int port, clients, tokens, runs;
  uint64_t pace_ns, first_ns, ramp_ns, window_ns, drain_ns;
  const char *method, *path, *body, *run_prefix, *token_mark, *done_mark;
} options = {.method = "POST",
             .path = "/chat/stream",
             .body = "{}",
             .run_prefix = "00000000",
             .token_mark = "\"type\":\"token\"",
             .done_mark = "\"type\":\"done\""};

static watched targets[MAX_WATCHED];
static int target_count;

/// A copy of a text with one client's run id in place of the first `%RUN%`. With fewer runs than clients,
/// several clients have the same.
static char *with_run_id(const char *text, int index) {
  const char *mark = strstr(text, "%RUN%");
  if (options.runs) index %= options.runs;
  char *made;
  if (!mark) return strdup(text);
  int before = (int)(mark - text);
  int n = asprintf(&made, "%.*s%.8s-0000-4000-8000-%012x%s", before, text, options.run_prefix, index,
                   mark + 5);
  return n < 0 ? NULL : made;
}

/// One client's request. The caller frees it.
static char *make_request(int index, size_t *length) {
  char *path = with_run_id(options.path, index), *body = with_run_id(options.body, index), *made;
  if (strcmp(options.method, "GET"))
    *length = (size_t)asprintf(&made,
                               "%s %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\naccept: text/event-stream\r\n"
                               "content-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
                               options.method, path, options.port, strlen(body), body);
  else
    *length = (size_t)asprintf(&made,
                               "GET %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\naccept: text/event-stream\r\n\r\n",
                               path, options.port);
  free(path);
  free(body);
  return made;
}

static void read_options(int argc, char **argv) {
  enum {
    PORT, METHOD, PATH, BODY, RUN, RUNS, CLIENTS, TOKENS, PACE, FIRST, RAMP, WINDOW, DRAIN, TOKEN, DONE, WATCH
  };
  static const struct option names[] = {{"port", 1, 0, PORT},        {"method", 1, 0, METHOD},
                                        {"run-prefix", 1, 0, RUN},   {"runs", 1, 0, RUNS},
                                        {"path", 1, 0, PATH},
                                        {"body", 1, 0, BODY},        {"clients", 1, 0, CLIENTS},
                                        {"tokens", 1, 0, TOKENS},    {"pace-us", 1, 0, PACE},
                                        {"first-us", 1, 0, FIRST},   {"ramp-ms", 1, 0, RAMP},
                                        {"window-ms", 1, 0, WINDOW}, {"drain-ms", 1, 0, DRAIN},
                                        {"token-mark", 1, 0, TOKEN}, {"done-mark", 1, 0, DONE},
                                        {"watch", 1, 0, WATCH},      {0}};
  for (int o; (o = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    uint64_t n = optarg ? strtoull(optarg, NULL, 10) : 0;
    switch (o) {
      case PORT: options.port = (int)n; break;
      case METHOD: options.method = optarg; break;
      case PATH: options.path = optarg; break;
      case RUN: options.run_prefix = optarg; break;
      case RUNS: options.runs = (int)n; break;
      case BODY: options.body = optarg; break;
      case CLIENTS: options.clients = (int)n; break;
      case TOKENS: options.tokens = (int)n; break;
      case PACE: options.pace_ns = n * 1000; break;
      case FIRST: options.first_ns = n * 1000; break;
      case RAMP: options.ramp_ns = n * 1000000; break;
      case WINDOW: options.window_ns = n * 1000000; break;
      case DRAIN: options.drain_ns = n * 1000000; break;
      case TOKEN: options.token_mark = optarg; break;
      case DONE: options.done_mark = optarg; break;
      case WATCH:
        if (target_count < MAX_WATCHED) watched_parse(&targets[target_count++], optarg);
        break;
      default: exit(2);
    }
  }
}
