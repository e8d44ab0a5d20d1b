// Directories: made, listed, renamed, removed; and the way out of them that there is not.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static void touch(const char* path) {
  const int file = open(path, O_WRONLY | O_CREAT, 0644);
  CHECK(file >= 0);
  CHECK(close(file) == 0);
}

// How many entries there are, "." and ".." among them; each is found under its inode.
static int count(const char* path) {
  DIR* const directory = opendir(path);
  CHECK(directory != NULL);
  int entries = 0;
  for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    ++entries;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    struct stat status;
    CHECK(fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(entry->d_ino == status.st_ino);
    CHECK((entry->d_type == DT_DIR) == S_ISDIR(status.st_mode));
  }
  rewinddir(directory);
  int again = 0;
  while (readdir(directory) != NULL)
    ++again;
  CHECK(again == entries);
  CHECK(closedir(directory) == 0);
  return entries;
}

static void many(void) {
  CHECK(mkdir("many", 0755) == 0);
  char name[64];
  for (int i = 0; i < 500; ++i) {
    snprintf(name, sizeof name, "many/a file with a rather long name, number %d", i);
    touch(name);
  }
  CHECK(count("many") == 502);
  CHECK_FAILS(rmdir("many"), ENOTEMPTY);
  for (int i = 0; i < 500; ++i) {
    snprintf(name, sizeof name, "many/a file with a rather long name, number %d", i);
    CHECK(unlink(name) == 0);
  }
  CHECK(rmdir("many") == 0);
}

static void names(void) {
  CHECK(mkdir("dir", 0755) == 0);
  CHECK_FAILS(mkdir("dir", 0755), EEXIST);
  CHECK_FAILS(mkdir("nowhere/dir", 0755), ENOENT);
  CHECK(mkdir("dir/inner/", 0755) == 0);
  touch("dir/file");
  CHECK_FAILS(rmdir("dir/file"), ENOTDIR);
  errno = 0;
  CHECK(unlink("dir/inner") == -1 && (errno == EISDIR || errno == EPERM));
  CHECK_FAILS(rename("dir", "dir/inner/below"), EINVAL);
  CHECK_FAILS(rename("dir/file", "dir/inner"), EISDIR);
  CHECK_FAILS(rename("dir/inner", "dir/file"), ENOTDIR);
  CHECK(rename("dir/file", "moved") == 0);
  CHECK_FAILS(access("dir/file", F_OK), ENOENT);
  CHECK(rename("dir/inner", "inner") == 0);
  CHECK(rmdir("inner") == 0);
  CHECK(rmdir("dir") == 0);
  CHECK(unlink("moved") == 0);
  CHECK_FAILS(unlink("moved"), ENOENT);
}

static void no_way_out(void) {
  struct stat status;
  CHECK(open("../../../etc/passwd", O_RDONLY) == -1);
  CHECK(open("/etc/passwd", O_RDONLY) == -1);
  CHECK(stat("/..", &status) == -1);
  CHECK(symlink("/etc", "out") == 0 || errno == EPERM || errno == ENOTCAPABLE);
  CHECK(open("out/passwd", O_RDONLY) == -1);
  unlink("out");
  CHECK(symlink("../../../../etc/passwd", "out") == 0 || errno == EPERM);
  CHECK(open("out", O_RDONLY) == -1);
  unlink("out");
}

int main(void) {
  names();
  many();
  no_way_out();
  puts("ok");
  return 0;
}
