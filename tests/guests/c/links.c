// Symbolic and hard links.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

int main(void) {
  const int file = open("file", O_WRONLY | O_CREAT, 0644);
  CHECK(file >= 0);
  CHECK(write(file, "text", 4) == 4);
  CHECK(close(file) == 0);

  CHECK(symlink("file", "link") == 0);
  CHECK_FAILS(symlink("file", "link"), EEXIST);
  char target[16] = {0};
  CHECK(readlink("link", target, sizeof target) == 4);
  CHECK(strcmp(target, "file") == 0);
  CHECK(readlink("link", target, 2) == 2);
  CHECK_FAILS(readlink("file", target, sizeof target), EINVAL);
  struct stat of_link;
  struct stat of_file;
  CHECK(lstat("link", &of_link) == 0);
  CHECK(S_ISLNK(of_link.st_mode));
  CHECK(of_link.st_size == 4);
  CHECK(stat("link", &of_file) == 0);
  CHECK(S_ISREG(of_file.st_mode));
  CHECK(of_file.st_size == 4);
  CHECK_FAILS(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);

  CHECK(symlink("nowhere", "dangling") == 0);
  CHECK_FAILS(open("dangling", O_RDONLY), ENOENT);
  CHECK_FAILS(stat("dangling", &of_link), ENOENT);
  CHECK(symlink("loop", "loop") == 0);
  CHECK_FAILS(open("loop", O_RDONLY), ELOOP);

  CHECK(link("file", "hard") == 0);
  CHECK(stat("hard", &of_link) == 0);
  CHECK(of_link.st_ino == of_file.st_ino);
  CHECK(of_link.st_nlink == 2);
  CHECK_FAILS(link("file", "hard"), EEXIST);
  CHECK(unlink("file") == 0);
  CHECK(stat("hard", &of_link) == 0);
  CHECK(of_link.st_nlink == 1);
  CHECK_FAILS(stat("link", &of_link), ENOENT);

  CHECK(mkdir("dir", 0755) == 0);
  CHECK(symlink("../hard", "dir/up") == 0);
  const int through = open("dir/up", O_RDONLY);
  CHECK(through >= 0);
  CHECK(read(through, target, sizeof target) == 4);
  CHECK(close(through) == 0);
  CHECK(symlink("dir", "to-dir") == 0);
  CHECK(stat("to-dir/", &of_link) == 0);
  CHECK(S_ISDIR(of_link.st_mode));
  CHECK_FAILS(rmdir("to-dir"), ENOTDIR);
  CHECK(unlink("to-dir") == 0);
  CHECK(access("dir", F_OK) == 0);
  puts("ok");
  return 0;
}
