// A scripted OpenAI-compatible endpoint: one thread, one epoll loop, no model.
//
//   upstream PORT               PORT 0 picks a free one; the first line of output names it
//   POST /v1/chat/completions   streams the script; the model `bench-TOKENS-MS[-FIRST_MS]` names its own
//   GET  /v1/models             the models it serves
//   GET  /script?tokens=&pace_us=&first_us=[&phases=]
//                               sets the script of every other model name
//   GET  /stats                 streams started, finished, aborted and open, tokens sent
//
// Asked directly, it is the floor of delivery too: it makes each token itself and sends it with one call.
// With `phases`, the streams take turns in so many groups whose tokens are due at the same instants, as
// those of the readers of one run are.
//
// Open loop: a token is due at its own time, whether or not the one before it was taken, so a slow reader
// cannot slow the schedule down (no coordinated omission). Each token is one frame, one HTTP chunk and one
// send(). Its text is `t<due ns>+<late us>;`: when it was due, and how late this program itself was in
// handing it to the socket.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "heap.h"

enum { MAX_CONNECTIONS = 32768, MAX_REQUEST = 4 << 20, LISTENER = MAX_CONNECTIONS };

typedef struct {
  uint32_t tokens, phases;
  uint64_t pace_ns, first_ns;
} script;

typedef struct {
  bool open, streaming, usage, wants_write;
  uint32_t generation, sent;
  script script;
  uint64_t due;
  buffer in, out;
} connection;

static connection connections[MAX_CONNECTIONS];  // indexed by file descriptor
static heap deadlines;
static int loop_fd;
static script current = {200, 0, 20000000, 20000000};
static struct {
  unsigned long long started, finished, aborted, tokens;
} stats;

static void close_connection(int fd) {
  connection *c = &connections[fd];
  if (c->streaming) stats.aborted++;
  c->open = c->streaming = c->wants_write = false;
  c->generation++;
  buffer_free(&c->in);
  buffer_free(&c->out);
  close(fd);
}

static void want_write(int fd, bool wanted) {
  connection *c = &connections[fd];
  if (c->wants_write == wanted) return;
  c->wants_write = wanted;
  struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | (wanted ? EPOLLOUT : 0), .data.u32 = (uint32_t)fd};
  epoll_ctl(loop_fd, EPOLL_CTL_MOD, fd, &e);
}

/// Sends what the socket takes and keeps the rest. False when the connection is gone.
static bool transmit(int fd, const char *bytes, size_t n) {
  connection *c = &connections[fd];
  if (buffer_length(&c->out) == 0) {
    ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) {
      close_connection(fd);
      return false;
    }
    if (sent > 0) bytes += sent, n -= (size_t)sent;
    if (n == 0) return true;
  }
  buffer_append(&c->out, bytes, n);
  want_write(fd, true);
  return true;
}

static void flush_pending(int fd) {
  connection *c = &connections[fd];
  ssize_t sent = send(fd, buffer_bytes(&c->out), buffer_length(&c->out), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) {
    if (errno != EAGAIN) close_connection(fd);
    return;
  }
  buffer_consume(&c->out, (size_t)sent);
  if (buffer_length(&c->out) == 0) want_write(fd, false);
}

static size_t chunk(char *out, size_t size, const char *payload) {
  return (size_t)snprintf(out, size, "%zx\r\n%s\r\n", strlen(payload), payload);
}

static void respond(int fd, const char *status, const char *json) {
  char text[1024];
  int n = snprintf(text, sizeof text,
                   "HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s", status,
                   strlen(json), json);
  transmit(fd, text, (size_t)n);
}

#define FRAME(delta, finish)                                                                      \
  "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000," \
  "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{" delta "},\"finish_reason\":" finish "}]}\n\n"

static void send_token(int fd, uint64_t now) {
  connection *c = &connections[fd];
  char payload[320], framed[352];
  snprintf(payload, sizeof payload, FRAME("\"content\":\"t%llu+%llu;\"", "null"), (unsigned long long)c->due,
           (unsigned long long)((now - c->due) / 1000));
  if (!transmit(fd, framed, chunk(framed, sizeof framed, payload))) return;
  stats.tokens++;
  c->sent++;
  c->due += c->script.pace_ns;
}

static void send_end(int fd) {
  connection *c = &connections[fd];
  char payload[768], framed[800];
  int n = snprintf(payload, sizeof payload, FRAME("", "\"stop\""));
  if (c->usage)
    n += snprintf(
        payload + n, sizeof payload - (size_t)n,
        "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
        "\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":%u,"
        "\"total_tokens\":%u}}\n\n",
        c->sent, c->sent + 100);
  snprintf(payload + n, sizeof payload - (size_t)n, "data: [DONE]\n\n");
  size_t length = chunk(framed, sizeof framed, payload);
  length += (size_t)snprintf(framed + length, sizeof framed - length, "0\r\n\r\n");
  c->streaming = false;
  stats.finished++;
  transmit(fd, framed, length);
}

/// When the first token of a stream is due.
static uint64_t first_due(const script *s) {
  uint64_t due = now_ns() + s->first_ns;
  if (!s->phases) return due;
  return (due / s->pace_ns + 1) * s->pace_ns + stats.started % s->phases * s->pace_ns / s->phases;
}

static void start_stream(int fd, const char *body) {
  connection *c = &connections[fd];
  if (!strstr(body, "\"stream\":true") && !strstr(body, "\"stream\": true")) {
    respond(fd, "400 Bad Request",
            "{\"error\":{\"message\":\"This upstream only streams: send \\\"stream\\\":true.\"}}");
    return;
  }
  c->script = current;
  c->usage = strstr(body, "\"include_usage\":true") || strstr(body, "\"include_usage\": true");
  const char *model = strstr(body, "\"bench-");
  double pace_ms, first_ms;
  unsigned tokens;
  if (model) {
    int fields = sscanf(model, "\"bench-%u-%lf-%lf", &tokens, &pace_ms, &first_ms);
    if (fields >= 2) c->script = (script){tokens, 0, (uint64_t)(pace_ms * 1e6), (uint64_t)(pace_ms * 1e6)};
    if (fields == 3) c->script.first_ns = (uint64_t)(first_ms * 1e6);
  }
  c->streaming = true;
  c->sent = 0;
  c->due = first_due(&c->script);
  stats.started++;
  static const char head[] =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
      "transfer-encoding: chunked\r\n\r\n";
  if (transmit(fd, head, sizeof head - 1))
    heap_push(&deadlines, (deadline){c->due, (uint32_t)fd, c->generation});
}

static void handle_request(int fd, char *head, char *body) {
  char json[512];
  if (!strncmp(head, "POST /v1/chat/completions", 25)) return start_stream(fd, body);
  if (!strncmp(head, "GET /v1/models", 14))
    return respond(fd, "200 OK",
                   "{\"object\":\"list\",\"data\":[{\"id\":\"scripted\",\"object\":\"model\"},"
                   "{\"id\":\"bench-200-20\",\"object\":\"model\"}]}");
  if (!strncmp(head, "GET /script?", 12)) {
    unsigned tokens, phases = 0;
    unsigned long long pace, first;
    static const char form[] = "tokens=%u&pace_us=%llu&first_us=%llu&phases=%u";
    if (sscanf(head + 12, form, &tokens, &pace, &first, &phases) < 3)
      return respond(fd, "400 Bad Request",
                     "{\"error\":{\"message\":\"tokens, pace_us and first_us are needed.\"}}");
    current = (script){tokens, phases, pace * 1000, first * 1000};
    return respond(fd, "200 OK", "{}");
  }
  if (!strncmp(head, "GET /stats", 10)) {
    snprintf(json, sizeof json,
             "{\"started\":%llu,\"finished\":%llu,\"aborted\":%llu,\"open\":%llu,\"tokens\":%llu}",
             stats.started, stats.finished, stats.aborted, stats.started - stats.finished - stats.aborted,
             stats.tokens);
    return respond(fd, "200 OK", json);
  }
  respond(fd, "404 Not Found", "{\"error\":{\"message\":\"No such endpoint.\"}}");
}

/// Takes whole requests out of the connection's buffer; a request that comes during a stream waits for its
/// end.
static void parse(int fd) {
  connection *c = &connections[fd];
  while (c->open && !c->streaming && buffer_length(&c->in)) {
    buffer_append(&c->in, "", 1);  // a terminator, so that the string functions stop
    c->in.end--;
    char *head = buffer_bytes(&c->in), *blank = strstr(head, "\r\n\r\n");
    if (!blank) return;
    size_t head_length = (size_t)(blank - head) + 4, body_length = 0;
    char *field = strcasestr(head, "\r\ncontent-length:");
    if (field && field < blank) body_length = strtoul(field + 17, NULL, 10);
    if (body_length > MAX_REQUEST) return close_connection(fd);
    if (buffer_length(&c->in) < head_length + body_length) return;
    char *body = strndup(head + head_length, body_length);
    if (!body) abort();
    uint32_t generation = c->generation;
    handle_request(fd, head, body);
    free(body);
    if (c->open && c->generation == generation) buffer_consume(&c->in, head_length + body_length);
  }
}

static void receive(int fd) {
  char bytes[16384];
  ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (n == 0 || (n < 0 && errno != EAGAIN)) return close_connection(fd);
  if (n < 0) return;
  buffer_append(&connections[fd].in, bytes, (size_t)n);
  parse(fd);
}

static void accept_all(int listener) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    if (fd >= MAX_CONNECTIONS) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections[fd] = (connection){.open = true, .generation = connections[fd].generation};
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.u32 = (uint32_t)fd};
    epoll_ctl(loop_fd, EPOLL_CTL_ADD, fd, &e);
  }
}

/// Sends the tokens that are due, at most `limit` of them, so that new requests are read in overload too.
static void send_due(int limit) {
  uint64_t now = now_ns();
  while (deadlines.count && limit--) {
    if (deadlines.items[0].at > now && deadlines.items[0].at > (now = now_ns())) return;
    deadline d = heap_pop(&deadlines);
    connection *c = &connections[d.owner];
    if (!c->streaming || c->generation != d.generation) continue;
    now = now_ns();
    if (c->sent < c->script.tokens) send_token((int)d.owner, now);
    if (!c->streaming) continue;
    if (c->sent < c->script.tokens) {
      heap_push(&deadlines, (deadline){c->due, d.owner, c->generation});
    } else {
      send_end((int)d.owner);
      if (c->open) parse((int)d.owner);
    }
  }
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);  // wake at the deadline, not up to 50 us after it
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096)) {
    perror("upstream: cannot listen");
    return 1;
  }
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("listening on http://127.0.0.1:%d/v1\n", ntohs(address.sin_port));
  fflush(stdout);
  loop_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = LISTENER}, ready[512];
  epoll_ctl(loop_fd, EPOLL_CTL_ADD, listener, &e);
  for (;;) {
    struct timespec wait = {0, 0}, *timeout = NULL;
    if (deadlines.count) {
      uint64_t now = now_ns(), at = deadlines.items[0].at, ns = at > now ? at - now : 0;
      wait = (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
      timeout = &wait;
    }
    int n = epoll_pwait2(loop_fd, ready, 512, timeout, NULL);
    for (int i = 0; i < n; i++) {
      uint32_t fd = ready[i].data.u32;
      if (fd == LISTENER) accept_all(listener);
      else if (ready[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) receive((int)fd);
      if (fd != LISTENER && (ready[i].events & EPOLLOUT) && connections[fd].open) flush_pending((int)fd);
    }
    send_due(64);
  }
}
