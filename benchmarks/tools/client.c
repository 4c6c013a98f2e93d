// The load: N clients, each one request whose answer is a stream of events, in one thread and one epoll
// loop.
//
//   client --port P --path /chat/stream --body JSON --clients N --tokens N --pace-us N --first-us N
//          --ramp-ms N --window-ms N --drain-ms N [--token-mark TEXT] [--done-mark TEXT]
//          [--watch NAME:PID,PID]… [--method GET] [--run-prefix 8-HEX-DIGITS] [--runs N]
//
// `%RUN%` in the path or in the body becomes a run id that is made of the prefix and the client's number,
// so that another client can follow the same runs. With `--runs`, the numbers begin again after so many
// clients: each run then has several readers.
//
// Clients connect one after the other during the ramp; then, when all streams are open, comes the window in
// which tokens, processor time and memory are counted; then the streams may run to their end. One JSON
// object is printed.
//
// Each token says when it was due and how late the upstream handed it over (see upstream.c). `lateness` is
// the time of reading minus the time due; `added` leaves out what the upstream was late. A token that has
// not come when the drain ends is counted with the time it has been missing, so a server that stalls cannot
// look better for it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "clock.h"
#include "histogram.h"
#include "options.h"
#include "stream.h"
#include "watch.h"

typedef struct {
  int fd;
  bool sent, token_seen, done, failed, closed;
  uint32_t tokens;
  uint64_t started, last_due, last_late_ns, last_id;
  stream_parser parser;
} client;

static struct {
  uint64_t tokens, frames, window_tokens, window_frames, done, errors, cut, refused, incomplete,
      id_violations, order_violations, left_open, missing;
  int last_status;
} totals;

static client *clients;
static histogram added, lateness, first_token, upstream_late;
static int loop_fd, finished;
static uint64_t window_start, window_end, read_at;

static uint64_t minus(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

static void take_stamp(client *c, uint64_t due, uint64_t late_ns) {
  uint64_t late = minus(read_at, due);
  if (!c->token_seen) {
    // Beyond the model's own time: its scripted first delay, and whatever the upstream was late with it.
    histogram_record(&first_token, minus(minus(read_at, c->started), options.first_ns + late_ns));
    c->token_seen = true;
  } else if (due <= c->last_due) {
    totals.order_violations++;
  }
  c->last_due = due;
  c->last_late_ns = late_ns;
  c->tokens++;
  totals.tokens++;
  if (read_at >= window_start && read_at < window_end) totals.window_tokens++;
  if (due < window_start || due >= window_end) return;
  histogram_record(&lateness, late);
  histogram_record(&added, minus(late, late_ns));
  histogram_record(&upstream_late, late_ns);
}

static uint64_t digits(const char **at, const char *end) {
  uint64_t value = 0;
  while (*at < end && **at >= '0' && **at <= '9') value = value * 10 + (uint64_t)(*(*at)++ - '0');
  return value;
}

/// Finds every `t<due>+<late us>;` of a frame: a frame may hold several tokens.
static void take_tokens(client *c, const char *line, const char *end) {
  totals.frames++;
  if (read_at >= window_start && read_at < window_end) totals.window_frames++;
  while ((line = memchr(line, 't', (size_t)(end - line)))) {
    const char *at = ++line;
    uint64_t due = digits(&at, end);
    if (at - line < 8 || at == end || *at != '+') continue;
    at++;
    uint64_t late_us = digits(&at, end);
    take_stamp(c, due, late_us * 1000);
    line = at;
  }
}

static void take_line(void *context, const char *line, size_t length) {
  client *c = context;
  if (length > 4 && !memcmp(line, "id: ", 4)) {
    const char *at = line + 4;
    uint64_t id = digits(&at, line + length);
    if (id <= c->last_id) totals.id_violations++;
    c->last_id = id;
  }
  if (length < 6 || memcmp(line, "data: ", 6)) return;
  if (memmem(line, length, options.token_mark, strlen(options.token_mark)))
    return take_tokens(c, line, line + length);
  if (memmem(line, length, options.done_mark, strlen(options.done_mark))) {
    c->done = true;
    totals.done++;
    if (c->tokens != (uint32_t)options.tokens) totals.incomplete++;
  } else if (memmem(line, length, "\"type\":\"error\"", 14) ||
             memmem(line, length, "\"type\":\"cancelled\"", 18)) {
    c->failed = true;
    totals.errors++;
  }
}

static void finish(client *c) {
  if (c->closed) return;
  c->closed = true;
  finished++;
  close(c->fd);
  buffer_free(&c->parser.line);
  if (!c->sent || c->parser.status == 0 || c->parser.status != 200) {
    totals.refused++;
    totals.last_status = c->parser.status;
    c->failed = true;
  } else if (!c->done && !c->failed) {
    totals.cut++;
    c->failed = true;
  }
}

static void receive(client *c) {
  static char bytes[262144];
  ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return finish(c);
  read_at = now_ns();
  parse_bytes(&c->parser, bytes, (size_t)n, take_line, c);
  bool plain_end = c->parser.state == PLAIN && (c->done || c->parser.status != 200);
  if (c->parser.state == FINISHED || plain_end) finish(c);
}

static void start(int index) {
  client *c = &clients[index];
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)options.port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) return finish(c);
  struct epoll_event e = {.events = EPOLLOUT, .data.u32 = (uint32_t)index};
  epoll_ctl(loop_fd, EPOLL_CTL_ADD, c->fd, &e);
}

/// When a client begins. Evenly over the ramp, but at a scattered moment of its share of it: a fixed
/// distance between clients would divide the pace, and hundreds of tokens would fall due at the same
/// instant.
static uint64_t start_offset(int index) {
  double scatter = (double)index * 0.6180339887498949;  // the golden ratio's fraction never repeats a phase
  scatter -= (double)(uint64_t)scatter;
  return (uint64_t)((double)options.ramp_ns * ((double)index + scatter) / (double)options.clients);
}

static void send_request(int index) {
  client *c = &clients[index];
  size_t length;
  char *request = make_request(index, &length);
  bool is_sent = send(c->fd, request, length, MSG_NOSIGNAL) == (ssize_t)length;
  free(request);
  if (!is_sent) return finish(c);
  c->sent = true;
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
  epoll_ctl(loop_fd, EPOLL_CTL_MOD, c->fd, &e);
}

/// Counts what never came, from the moment it was due.
static void count_missing(uint64_t end) {
  for (int i = 0; i < options.clients; i++) {
    client *c = &clients[i];
    if (c->closed) continue;
    if (c->done) {
      totals.left_open++;
      continue;
    }
    totals.missing++;
    if (!c->token_seen) histogram_record(&first_token, minus(minus(end, c->started), options.first_ns));
    uint64_t due = c->token_seen ? c->last_due + options.pace_ns : c->started + options.first_ns;
    for (uint32_t k = c->tokens; k < (uint32_t)options.tokens && due < window_end;
         k++, due += options.pace_ns) {
      if (due < window_start) continue;
      histogram_record(&lateness, minus(end, due));
      histogram_record(&added, minus(minus(end, due), c->last_late_ns));
    }
  }
}

static void print_report(void) {
  printf(
      "{\"clients\":%d,\"tokens_per_stream\":%d,\"window_s\":%.3f,\"window_tokens\":%llu,\"window_frames\":%"
      "llu,"
      "\"tokens\":%llu,\"frames\":%llu,\"done\":%llu,\"errors\":%llu,\"cut\":%llu,\"refused\":%llu,"
      "\"status\":%d,"
      "\"unfinished\":%llu,\"incomplete\":%llu,\"left_open\":%llu,\"id_violations\":%llu,\"order_"
      "violations\":%llu,",
      options.clients, options.tokens, (double)options.window_ns / 1e9,
      (unsigned long long)totals.window_tokens, (unsigned long long)totals.window_frames,
      (unsigned long long)totals.tokens, (unsigned long long)totals.frames, (unsigned long long)totals.done,
      (unsigned long long)totals.errors, (unsigned long long)totals.cut, (unsigned long long)totals.refused,
      totals.last_status, (unsigned long long)totals.missing, (unsigned long long)totals.incomplete,
      (unsigned long long)totals.left_open, (unsigned long long)totals.id_violations,
      (unsigned long long)totals.order_violations);
  histogram_print(&added, "added_ms", stdout);
  printf(",");
  histogram_print(&lateness, "lateness_ms", stdout);
  printf(",");
  histogram_print(&upstream_late, "upstream_late_ms", stdout);
  printf(",");
  histogram_print(&first_token, "first_token_ms", stdout);
  printf(",\"processes\":{");
  for (int i = 0; i < target_count; i++)
    printf("%s\"%s\":{\"cpu_ms\":%.1f,\"rss_before\":%llu,\"rss_peak\":%llu}", i ? "," : "", targets[i].name,
           (double)(targets[i].cpu_end_us - targets[i].cpu_start_us) / 1e3,
           (unsigned long long)targets[i].rss_before, (unsigned long long)targets[i].rss_peak);
  printf("}}\n");
}

static void sample(uint64_t now) {
  static uint64_t next;
  static int phase;
  if (now < next) return;
  next = now + 100000000;
  if (now < window_start && next > window_start) next = window_start;
  if (now < window_end && next > window_end) next = window_end;
  for (int i = 0; i < target_count; i++) {
    watched *w = &targets[i];
    uint64_t rss = phase < 2 ? watched_rss(w) : 0;
    if (rss > w->rss_peak) w->rss_peak = rss;
    if (phase == 0 && now >= window_start) w->cpu_start_us = watched_cpu(w);
    if (phase == 1 && now >= window_end) w->cpu_end_us = watched_cpu(w);
  }
  if (phase == 0 && now >= window_start) phase = 1;
  else if (phase == 1 && now >= window_end) phase = 2;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  read_options(argc, argv);
  clients = calloc((size_t)options.clients, sizeof *clients);
  loop_fd = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < target_count; i++) targets[i].rss_before = watched_rss(&targets[i]);
  uint64_t begin = now_ns(), settle = 500000000;
  window_start = begin + options.ramp_ns + options.first_ns + settle;
  window_end = window_start + options.window_ns;
  uint64_t give_up = window_end + options.drain_ns;
  static struct epoll_event ready[256];
  int started = 0;
  while (finished < options.clients) {
    uint64_t now = now_ns();
    for (; started < options.clients; started++) {
      uint64_t at = begin + start_offset(started);
      if (at > now) break;
      clients[started].started = at;  // when it should have begun, however busy this program was
      start(started);
    }
    sample(now);
    if (now >= give_up) break;
    int n = epoll_wait(loop_fd, ready, 256, started < options.clients ? 1 : 50);
    for (int i = 0; i < n; i++) {
      client *c = &clients[ready[i].data.u32];
      if (c->closed) continue;
      if (!c->sent && (ready[i].events & EPOLLOUT)) send_request((int)ready[i].data.u32);
      else receive(c);
    }
  }
  // A run that ends early has no window's end of its own.
  while (now_ns() < window_end) sample(now_ns()), usleep(1000);
  sample(UINT64_MAX);
  count_missing(now_ns());
  print_report();
}
