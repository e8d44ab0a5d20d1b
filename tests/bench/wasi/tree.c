// A program that is all files: writes 5,000 small ones into 100 directories, walks them, hashes
// what is in them, and removes everything. `tree DIRECTORY`; prints the hash. Compiles for WASI and
// natively.
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kDirectories = 100, kFilesEach = 50, kBytesMax = 4096 };

static uint64_t hash = 14695981039346656037u;

static void add(const unsigned char* bytes, ssize_t size) {
  for (ssize_t i = 0; i < size; ++i)
    hash = (hash ^ bytes[i]) * 1099511628211u;
}

static int unpack(const char* root) {
  static unsigned char bytes[kBytesMax];
  char path[512];
  for (int d = 0; d < kDirectories; ++d) {
    snprintf(path, sizeof path, "%s/directory-%d", root, d);
    if (mkdir(path, 0755) != 0) return 1;
    for (int f = 0; f < kFilesEach; ++f) {
      snprintf(path, sizeof path, "%s/directory-%d/file-%d.txt", root, d, f);
      const int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
      const ssize_t size = (d * 131 + f * 17) % kBytesMax;
      memset(bytes, d + f, (size_t)size);
      if (file < 0 || write(file, bytes, (size_t)size) != size || close(file) != 0) return 1;
    }
  }
  return 0;
}

static int walk(const char* path, int remove) {
  static unsigned char bytes[kBytesMax];
  DIR* const directory = opendir(path);
  if (directory == NULL) return 1;
  char below[512];
  for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    struct stat status;
    if (stat(below, &status) != 0) return 1;
    if (S_ISDIR(status.st_mode)) {
      if (walk(below, remove) != 0) return 1;
      if (remove && rmdir(below) != 0) return 1;
    } else if (remove) {
      if (unlink(below) != 0) return 1;
    } else {
      const int file = open(below, O_RDONLY);
      if (file < 0) return 1;
      uint64_t of_others = hash;
      hash = 14695981039346656037u;
      for (ssize_t size; (size = read(file, bytes, sizeof bytes)) > 0;)
        add(bytes, size);
      hash = of_others + hash + (uint64_t)status.st_size;  // In whatever order they come.
      close(file);
    }
  }
  return closedir(directory);
}

int main(int argc, char** argv) {
  if (argc != 2 || unpack(argv[1]) != 0 || walk(argv[1], 0) != 0 || walk(argv[1], 1) != 0) return 1;
  printf("%016llx\n", (unsigned long long)hash);
  return 0;
}
