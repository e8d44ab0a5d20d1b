// Nobody has a home here.
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct passwd {
  char* pw_name;
  char* pw_dir;
  uid_t pw_uid;
};

static inline struct passwd* getpwuid(uid_t user) {
  (void)user;
  return NULL;
}
