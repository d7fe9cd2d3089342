/* A client that asks whether recipients are good: SESSIONS connections, one question at a time on each (stop and wait).
 * FILE has a question a line: + and an address that must be found good, or - and one that must not. The clock starts when
 * all connections are ready, so no greeting is measured. SMTP and LMTP: MAIL, then RCPT after RCPT; RSET and MAIL again
 * after a hundred, the default limit. A lost connection is an error. Prints one line of JSON: answers, those that were wrong or
 * deferred, median, 99th percentile and longest in µs, and this client's share of one processor.
 * Usage: decide socketmap|policy|smtp|lmtp PORT SESSIONS SECONDS FILE */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum protocol { SOCKETMAP, POLICY, SMTP, LMTP } protocol;
enum stage { GREETING, HELO, RSET, MAIL, READY, ASKED };
enum answer { GOOD, UNKNOWN, DEFERRED };
struct session {
  int fd, asked;
  enum stage stage;
  int expected;
  size_t used;
  long sent_at;
  char text[4096];
};

#define SLOTS 1000000 /* of 1 µs */
static unsigned histogram[SLOTS];
static long given[3], wrong, longest;
static char **questions;
static long many, next;
static int ready, sessions;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void fail(const char *what, const struct session *s) {
  fprintf(stderr, "decide: %s (%.200s)\n", what, s && s->used ? s->text : strerror(errno));
  exit(1);
}

static void say(struct session *s, const char *text, int length) {
  if (write(s->fd, text, length) != length) fail("can't write", s);
}

/* What Postfix 3.7 asks, attribute by attribute; the address of the client is one of documentation (RFC 5737). */
static const char policy[] =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=198.51.100.%ld\n"
    "client_name=unknown\nclient_port=40%03ld\nreverse_client_name=unknown\nserver_address=192.0.2.1\nserver_port=25\n"
    "helo_name=client.example.net\nsender=person@example.net\nrecipient=%s\nrecipient_count=0\nqueue_id=\n"
    "instance=4f1.6740a1b2.%lx.0\nsize=0\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\n"
    "ccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\nencryption_protocol=\nencryption_cipher=\n"
    "encryption_keysize=0\npolicy_context=\n\n";

static void ask(struct session *s) {
  char text[2048];
  int length;
  const char *question = questions[next++ % many], *address = question + 1;
  s->expected = *question == '+' ? GOOD : UNKNOWN;
  if (protocol == SOCKETMAP) length = snprintf(text, sizeof text, "%zu:recipients %s,", strlen(address) + 11, address);
  else if (protocol == POLICY) length = snprintf(text, sizeof text, policy, next % 250 + 1, next % 1000, address, next);
  else length = snprintf(text, sizeof text, "RCPT TO:<%s>\r\n", address);
  s->stage = ASKED;
  s->sent_at = now();
  say(s, text, length);
}

static void answered(struct session *s, enum answer answer) {
  long took = now() - s->sent_at;
  histogram[took < SLOTS ? took : SLOTS - 1]++;
  if (took > longest) longest = took;
  given[answer]++;
  if (answer != DEFERRED && (int)answer != s->expected && wrong++ == 0) fprintf(stderr, "decide: wrong: %.200s\n", s->text);
  s->asked++;
  if (protocol >= SMTP && s->asked % 100 == 0) {
    s->stage = RSET;
    say(s, "RSET\r\n", 6);
  } else ask(s);
}

static void rest(struct session *s, int started) {
  s->stage = READY;
  ready++;
  if (started) ask(s);
}

static void reply(struct session *s, int started) {
  static const char mail[] = "MAIL FROM:<person@example.net>\r\n";
  int code = atoi(s->text);
  if (s->stage == ASKED) {
    if (code == 421) fail("cut off", s);
    answered(s, code < 400 ? GOOD : code < 500 ? DEFERRED : UNKNOWN);
    return;
  }
  if (code < 200 || code >= 300) fail("not ready", s);
  if (s->stage == GREETING) say(s, protocol == LMTP ? "LHLO client.example.net\r\n" : "EHLO client.example.net\r\n", 25);
  else if (s->stage == HELO || s->stage == RSET) say(s, mail, sizeof mail - 1);
  else return rest(s, started);
  s->stage = s->stage == GREETING ? HELO : MAIL;
}

/* The octets of the first whole answer in `text`; 0 where it isn't whole yet. `*last` is false for a line that others follow. */
static size_t whole(struct session *s, int *last) {
  char *end;
  *last = 1;
  if (protocol == SOCKETMAP) {
    size_t length = strtoul(s->text, &end, 10);
    if (*end == 0) return 0;
    if (*end != ':') fail("no netstring", s);
    size_t all = end + 1 - s->text + length + 1;
    return all <= s->used ? all : 0;
  }
  if (protocol == POLICY) return (end = strstr(s->text, "\n\n")) ? end + 2 - s->text : 0;
  if (!(end = strstr(s->text, "\r\n"))) return 0;
  *last = s->text[3] != '-';
  return end + 2 - s->text;
}

static void decided(struct session *s) {
  const char *text = protocol == SOCKETMAP ? strchr(s->text, ':') + 1 : s->text;
  if (!strncmp(text, "OK ", 3) || !strncmp(text, "action=DUNNO", 12)) answered(s, GOOD);
  else if (!strncmp(text, "NOTFOUND ", 9) || !strncmp(text, "action=5", 8)) answered(s, UNKNOWN);
  else if (!strncmp(text, "TEMP ", 5) || !strncmp(text, "action=DEFER", 12) || !strncmp(text, "action=4", 8)) answered(s, DEFERRED);
  else fail("not understood", s);
}

static void readable(struct session *s, int started) {
  ssize_t n = read(s->fd, s->text + s->used, sizeof s->text - 1 - s->used);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) fail("connection lost", s);
  s->used += n;
  s->text[s->used] = 0;
  for (size_t length; ; ) {
    int last;
    if ((length = whole(s, &last)) == 0) return;
    if (last && protocol >= SMTP) reply(s, started);
    else if (last) decided(s);
    s->used -= length;
    memmove(s->text, s->text + length, s->used + 1);
  }
}

static void open_session(struct session *s, int events, int port) {
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1;
  s->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s->fd, (struct sockaddr *)&server, sizeof server) != 0) fail("can't connect", NULL);
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(s->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
  epoll_ctl(events, EPOLL_CTL_ADD, s->fd, &e);
  if (protocol < SMTP) rest(s, 0);
}

static void load(const char *file) {
  FILE *in = fopen(file, "r");
  if (!in) fail(file, NULL);
  char line[1024];
  for (long room = 0; fgets(line, sizeof line, in); many++) {
    if (many == room) questions = realloc(questions, (room = room * 2 + 1024) * sizeof *questions);
    line[strcspn(line, "\n")] = 0;
    questions[many] = strdup(line);
  }
  fclose(in);
  if (many == 0) fail("no questions", NULL);
}

static long percentile(double share) {
  double all = given[GOOD] + given[UNKNOWN] + given[DEFERRED], seen = 0;
  for (int i = 0; i < SLOTS; i++)
    if ((seen += histogram[i]) >= all * share) return i;
  return 0;
}

static double processor(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Until `end`; before the questions begin only until all are ready. */
static void run(int events, long end, int started) {
  while (now() < end && (started || ready < sessions)) {
    struct epoll_event some[64];
    int n = epoll_wait(events, some, 64, 5);
    for (int i = 0; i < n; i++) readable(some[i].data.ptr, started);
  }
}

int main(int count, char **words) {
  static const char *names[] = {"socketmap", "policy", "smtp", "lmtp"};
  while (count == 6 && protocol <= LMTP && strcmp(words[1], names[protocol])) protocol++;
  if (count != 6 || protocol > LMTP) return fprintf(stderr, "usage: decide socketmap|policy|smtp|lmtp PORT SESSIONS SECONDS FILE\n"), 64;
  sessions = atoi(words[3]);
  load(words[5]);
  int events = epoll_create1(0);
  struct session *all = calloc(sessions, sizeof *all);
  next = now() % many; /* not the same questions in each run */
  for (int i = 0; i < sessions; i++) open_session(&all[i], events, atoi(words[2]));
  run(events, now() + 20000000, 0);
  if (ready < sessions) fail("not all connections became ready within 20 s", NULL);
  double used = processor();
  long began = now();
  for (int i = 0; i < sessions; i++) ask(&all[i]);
  run(events, began + (long)(atof(words[4]) * 1e6), 1);
  double took = (now() - began) / 1e6;
  printf("{\"seconds\":%.3f,\"good\":%ld,\"unknown\":%ld,\"deferred\":%ld,\"wrong\":%ld,\"p50\":%ld,\"p99\":%ld,\"longest\":%ld,\"client\":%.3f}\n",
         took, given[GOOD], given[UNKNOWN], given[DEFERRED], wrong, percentile(0.5), percentile(0.99), longest, (processor() - used) / took);
  return 0;
}
