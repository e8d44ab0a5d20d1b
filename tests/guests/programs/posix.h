// What the programs want of POSIX and the C library for WASI lacks, included in front of each of
// their files. Of owners, rights and locks there are none here, so setting them succeeds and
// changes nothing.
#pragma once

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

static inline int chmod(const char* path, mode_t mode) {
  (void)path, (void)mode;
  return 0;
}
static inline int fchmod(int descriptor, mode_t mode) {
  (void)descriptor, (void)mode;
  return 0;
}
static inline int chown(const char* path, uid_t owner, gid_t group) {
  (void)path, (void)owner, (void)group;
  return 0;
}
static inline int fchown(int descriptor, uid_t owner, gid_t group) {
  (void)descriptor, (void)owner, (void)group;
  return 0;
}
static inline uid_t getuid(void) {
  return 0;
}
static inline uid_t geteuid(void) {
  return 0;
}
static inline mode_t umask(mode_t mask) {
  return mask;
}
static inline int getpagesize(void) {
  return 65536;
}

#define L_tmpnam 20

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 5
#define F_SETLK 6

static inline int fcntl_with_locks(int descriptor, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  if (command == F_SETLK) return 0;
  if (command == F_GETLK) {
    ((struct flock*)argument)->l_type = F_UNLCK;
    return 0;
  }
  return fcntl(descriptor, command, argument);
}
#define fcntl fcntl_with_locks
