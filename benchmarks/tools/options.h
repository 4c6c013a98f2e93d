// The client's command line.
#pragma once
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch.h"

static struct {
  int port, clients, tokens;
  uint64_t pace_ns, first_ns, ramp_ns, window_ns, drain_ns;
  const char *path, *body, *token_mark, *done_mark;
} options = {.path = "/chat/stream",
             .body = "{}",
             .token_mark = "\"type\":\"token\"",
             .done_mark = "\"type\":\"done\""};

static watched targets[MAX_WATCHED];
static int target_count;
static char *request;
static size_t request_length;

static void read_options(int argc, char **argv) {
  enum { PORT, PATH, BODY, CLIENTS, TOKENS, PACE, FIRST, RAMP, WINDOW, DRAIN, TOKEN, DONE, WATCH };
  static const struct option names[] = {{"port", 1, 0, PORT},        {"path", 1, 0, PATH},
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
      case PATH: options.path = optarg; break;
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
  request_length = (size_t)asprintf(&request,
                                    "POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\naccept: text/event-stream\r\n"
                                    "content-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
                                    options.path, options.port, strlen(options.body), options.body);
}
