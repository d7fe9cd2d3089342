/* A client that guesses recipients: SESSIONS connections, each MAIL once, then RCPT after RCPT, one at a time (stop and
 * wait), no two addresses alike. Cut off (421, closed), it connects again. For SECONDS; then one line of JSON:
 * answers to RCPT by class, 421 among all replies, connections, the busiest second, median and 99th percentile in µs.
 * Usage: refuse PORT SESSIONS SECONDS PREFIX SUFFIX   (addresses are PREFIX, six base32 digits, SUFFIX) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum stage { GREETING, HELO, MAIL, RCPT };
struct session {
  int fd;
  enum stage stage;
  size_t used;
  long sent_at, again_at;
  char text[2048];
};

#define SLOTS 200000 /* of 10 µs: two seconds */
static long histogram[SLOTS];
static long by_second[3600];
static long refused, deferred, accepted, cut, closed, connections;
static struct sockaddr_in server;
static const char *prefix, *suffix;
static int events;
static long started;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void drop(struct session *s, long pause) {
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
  s->again_at = now() + pause;
}

static void open_session(struct session *s) {
  s->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s->fd, (struct sockaddr *)&server, sizeof server) != 0) {
    drop(s, 10000);
    return;
  }
  int one = 1;
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(s->fd, F_SETFL, O_NONBLOCK);
  s->stage = GREETING;
  s->used = 0;
  connections++;
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
  epoll_ctl(events, EPOLL_CTL_ADD, s->fd, &e);
}

static void say(struct session *s, const char *line, int length) {
  s->sent_at = now();
  if (write(s->fd, line, length) != length) drop(s, 10000);
}

static void guess(struct session *s) {
  static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
  static unsigned long count;
  char line[1024], six[7] = {0};
  unsigned long n = (++count * 2654435761UL) & 0x3fffffff;
  for (int i = 0; i < 6; i++, n >>= 5) six[i] = digits[n & 31];
  say(s, line, snprintf(line, sizeof line, "RCPT TO:<%s%s%s>\r\n", prefix, six, suffix));
}

static void answered(struct session *s, int code) {
  long end = now(), took = (end - s->sent_at) / 10, second = (end - started) / 1000000;
  histogram[took < SLOTS ? took : SLOTS - 1]++;
  if (second < 3600) by_second[second]++;
  if (code >= 500) refused++;
  else if (code >= 400) deferred++;
  else accepted++;
}

static void reply(struct session *s, int code) {
  if (code == 421) {
    if (s->stage == RCPT) answered(s, code);
    cut++;
    drop(s, 10000);
    return;
  }
  if (s->stage == RCPT) answered(s, code);
  else if (code >= 400) {
    drop(s, 10000);
    return;
  }
  if (s->stage == GREETING) say(s, "HELO client.example.net\r\n", 25);
  else if (s->stage == HELO) say(s, "MAIL FROM:<guess@example.net>\r\n", 31);
  else guess(s);
  if (s->stage != RCPT) s->stage++;
}

static void readable(struct session *s) {
  ssize_t n = read(s->fd, s->text + s->used, sizeof s->text - 1 - s->used);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    closed++;
    drop(s, 10000);
    return;
  }
  s->used += n;
  char *line = s->text, *end;
  s->text[s->used] = 0;
  while (s->fd >= 0 && (end = strstr(line, "\r\n"))) {
    if (line[3] != '-') reply(s, atoi(line));
    line = end + 2;
  }
  s->used -= line - s->text;
  memmove(s->text, line, s->used);
}

static long percentile(double share) {
  long all = 0, seen = 0;
  for (int i = 0; i < SLOTS; i++) all += histogram[i];
  for (int i = 0; i < SLOTS; i++)
    if ((seen += histogram[i]) >= all * share) return i * 10L;
  return 0;
}

int main(int count, char **words) {
  if (count != 6) return fprintf(stderr, "usage: refuse PORT SESSIONS SECONDS PREFIX SUFFIX\n"), 64;
  int sessions = atoi(words[2]);
  double seconds = atof(words[3]);
  prefix = words[4];
  suffix = words[5];
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  events = epoll_create1(0);
  struct session *all = calloc(sessions, sizeof *all);
  for (int i = 0; i < sessions; i++) all[i].fd = -1;
  started = now();
  long end = started + (long)(seconds * 1e6);
  while (now() < end) {
    for (int i = 0; i < sessions; i++)
      if (all[i].fd < 0 && now() >= all[i].again_at) open_session(&all[i]);
    struct epoll_event ready[64];
    int n = epoll_wait(events, ready, 64, 5);
    for (int i = 0; i < n; i++)
      if (((struct session *)ready[i].data.ptr)->fd >= 0) readable(ready[i].data.ptr);
  }
  double took = (now() - started) / 1e6;
  long most = 0;
  for (int i = 0; i < 3600; i++)
    if (by_second[i] > most) most = by_second[i];
  printf("{\"seconds\":%.3f,\"refused\":%ld,\"deferred\":%ld,\"accepted\":%ld,\"cut\":%ld,\"closed\":%ld,\"connections\":%ld,\"busiest\":%ld,\"p50\":%ld,\"p99\":%ld}\n",
         took, refused, deferred, accepted, cut, closed, connections, most, percentile(0.5), percentile(0.99));
  return 0;
}
