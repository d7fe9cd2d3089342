/* A slower disk: every fsync and fdatasync takes SLOW_FLUSH_US microseconds more (2,000 unless told). Preloaded
 * (LD_PRELOAD) into the servers under test; it changes nothing else. Build: gcc -shared -fPIC -O2 -o X.so X.c -ldl */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*flush_function)(int);

static void wait_first(void) {
  static long microseconds = -1;
  if (microseconds < 0) {
    const char *told = getenv("SLOW_FLUSH_US");
    microseconds = told ? atol(told) : 2000;
  }
  struct timespec left = {microseconds / 1000000, (microseconds % 1000000) * 1000};
  while (nanosleep(&left, &left) != 0) {
  }
}

int fsync(int fd) {
  static flush_function real;
  if (!real) real = (flush_function)dlsym(RTLD_NEXT, "fsync");
  wait_first();
  return real(fd);
}

int fdatasync(int fd) {
  static flush_function real;
  if (!real) real = (flush_function)dlsym(RTLD_NEXT, "fdatasync");
  wait_first();
  return real(fd);
}
