// One HTTP/1.1 response that carries server-sent events, taken apart byte by byte as it arrives: status,
// chunked coding, lines, frames. Whatever the cuts between reads, the same events come out.
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

typedef enum { HEAD, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, PLAIN, FINISHED } body_state;

typedef struct {
  body_state state;
  int status;
  uint64_t chunk_left;
  buffer line;
} stream_parser;

/// Called with one line of the body, without its line feed.
typedef void (*line_handler)(void *context, const char *line, size_t length);

static inline void parse_head(stream_parser *p, const char *head) {
  p->status = atoi(head + sizeof "HTTP/1.1");
  p->state = strcasestr(head, "\r\ntransfer-encoding: chunked") ? CHUNK_SIZE : PLAIN;
}

static inline void take_lines(stream_parser *p, const char *bytes, size_t n, line_handler handler,
                              void *context) {
  while (n) {
    const char *feed = memchr(bytes, '\n', n);
    if (!feed) {
      buffer_append(&p->line, bytes, n);
      return;
    }
    size_t length = (size_t)(feed - bytes);
    if (buffer_length(&p->line)) {
      buffer_append(&p->line, bytes, length);
      handler(context, buffer_bytes(&p->line), buffer_length(&p->line));
      p->line.start = p->line.end = 0;
    } else {
      handler(context, bytes, length);
    }
    bytes += length + 1;
    n -= length + 1;
  }
}

/// Takes the bytes of one read. Head and chunk-size lines are gathered in `line`, which the body's lines use
/// after them.
static inline void parse_bytes(stream_parser *p, const char *bytes, size_t n, line_handler handler,
                               void *context) {
  while (n && p->state != FINISHED) {
    if (p->state == PLAIN) return take_lines(p, bytes, n, handler, context);
    if (p->state == CHUNK_DATA) {
      size_t part = n < p->chunk_left ? n : (size_t)p->chunk_left;
      take_lines(p, bytes, part, handler, context);
      bytes += part, n -= part, p->chunk_left -= part;
      if (p->chunk_left == 0) p->state = CHUNK_END;
      continue;
    }
    if (p->state ==
        CHUNK_END) {  // the CRLF after a chunk; a line of the body may be half done, so `line` stays
      if (*bytes == '\n') p->state = CHUNK_SIZE;
      bytes++, n--;
      continue;
    }
    if (p->state == CHUNK_SIZE) {  // parsed digit by digit, for the same reason
      char c = *bytes++;
      n--;
      if (c == '\n') p->state = p->chunk_left ? CHUNK_DATA : FINISHED;
      else if (c >= '0' && c <= '9') p->chunk_left = p->chunk_left * 16 + (uint64_t)(c - '0');
      else if ((c | 32) >= 'a' && (c | 32) <= 'f')
        p->chunk_left = p->chunk_left * 16 + (uint64_t)((c | 32) - 'a' + 10);
      continue;
    }
    buffer_append(&p->line, bytes, 1);  // HEAD
    bytes++, n--;
    size_t length = buffer_length(&p->line);
    if (length >= 4 && !memcmp(buffer_bytes(&p->line) + length - 4, "\r\n\r\n", 4)) {
      buffer_append(&p->line, "", 1);
      parse_head(p, buffer_bytes(&p->line));
      p->line.start = p->line.end = 0;
    }
  }
}
