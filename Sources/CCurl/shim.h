// libcurl's setters and getters are variadic, which Swift cannot call. Each wrapper here fixes one option together
// with the type of its argument, so that a wrong type does not compile on either side.
#pragma once
#include <curl/curl.h>
#ifdef __linux__
// Swift's Glibc module leaves it out.
#include <sys/epoll.h>
#endif

// Options of one transfer.

static inline CURLcode rill_easy_set_url(CURL *easy, const char *url) {
  return curl_easy_setopt(easy, CURLOPT_URL, url);
}
static inline CURLcode rill_easy_set_headers(CURL *easy, struct curl_slist *headers) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}
static inline CURLcode rill_easy_set_private(CURL *easy, void *context) {
  return curl_easy_setopt(easy, CURLOPT_PRIVATE, context);
}
static inline CURLcode rill_easy_set_error_buffer(CURL *easy, char *buffer) {
  return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, buffer);
}
static inline CURLcode rill_easy_set_write(CURL *easy, curl_write_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callback);
  return code ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}
static inline CURLcode rill_easy_set_header(CURL *easy, curl_write_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callback);
  return code ? code : curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
}
/// Makes the transfer a POST whose body of `length` bytes is asked for piece by piece. `seek` is called when libcurl
/// wants to send the body a second time.
static inline CURLcode rill_easy_set_post(
    CURL *easy, curl_off_t length, curl_read_callback read, curl_seek_callback seek, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, length);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, read);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_READDATA, context);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_SEEKDATA, context);
  return code;
}
static inline CURLcode rill_easy_set_connect_timeout(CURL *easy, long milliseconds) {
  return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
}
/// The longest the whole transfer may take; 0 is no limit.
static inline CURLcode rill_easy_set_timeout(CURL *easy, long milliseconds) {
  return curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds);
}
/// An empty string means no proxy, whatever the environment says.
static inline CURLcode rill_easy_set_proxy(CURL *easy, const char *proxy) {
  return curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
}
/// What every transfer has in common: no signals, no redirects, only HTTP and HTTPS, HTTP/2 where TLS agrees on it,
/// TCP keep-alive, no headers of a proxy's CONNECT, and buffers that suit thousands of thin streams.
static inline CURLcode rill_easy_set_common(CURL *easy) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  if (!code) code = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 8192L);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Removing a transfer whose name is still being looked up must not wait for the name server: every other stream would
  // stand still meanwhile.
  if (!code) code = curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  return code;
}

/// Asks `open` for the socket of every connection, and takes a connection of its own for this transfer: one that is
/// open already was not asked about.
static inline CURLcode rill_easy_set_socket_guard(CURL *easy, curl_opensocket_callback open, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  return code;
}

// Results of one transfer.

static inline CURLcode rill_easy_get_private(CURL *easy, void **context) {
  return curl_easy_getinfo(easy, CURLINFO_PRIVATE, context);
}

// Options of the multi handle.

static inline CURLMcode rill_multi_set_socket(CURLM *multi, curl_socket_callback callback, void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
  return code ? code : curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
}
static inline CURLMcode rill_multi_set_timer(CURLM *multi, curl_multi_timer_callback callback, void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
  return code ? code : curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}
/// How many idle connections are kept for the next transfer.
static inline CURLMcode rill_multi_set_idle_connections(CURLM *multi, long count) {
  return curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, count);
}

// Macros and members that Swift does not see: the result is a member of an anonymous union.

static inline CURLcode rill_message_result(const CURLMsg *message) { return message->data.result; }
static inline curl_socket_t rill_socket_timeout(void) { return CURL_SOCKET_TIMEOUT; }
static inline curl_socket_t rill_socket_bad(void) { return CURL_SOCKET_BAD; }
static inline size_t rill_write_pause(void) { return CURL_WRITEFUNC_PAUSE; }
static inline size_t rill_read_abort(void) { return CURL_READFUNC_ABORT; }
static inline CURLcode rill_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
