/* Reads requests from a FUSE device, and writes replies to it. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

/* open(): number */
napi_value fuse_open(napi_env env, napi_callback_info info) {
  (void)info;
  int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  return fd < 0 ? throw_errno(env, errno, "open") : from_int(env, fd);
}

/* read(fd, into): number. Reads one request; 0 if none is waiting. */
napi_value fuse_read(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int fd;
  void *data;
  size_t length;
  if (!get_arguments(env, info, 2, argv) || !get_int(env, argv[0], &fd) ||
      !get_bytes(env, argv[1], &data, &length))
    return NULL;

  ssize_t count;
  do {
    count = read(fd, data, length);
    /* ENOENT: the kernel gave up on that request while we read it (fs/fuse/dev.c); read the next. */
  } while (count < 0 && (errno == EINTR || errno == ENOENT));
  if (count >= 0) return from_int(env, count);
  return errno == EAGAIN ? from_int(env, 0) : throw_errno(env, errno, "read");
}

/* write(fd, header, payload?): void. Writes one message in one system call. */
napi_value fuse_write(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  napi_valuetype type;
  struct iovec pieces[2];
  int fd, count = 1;
  if (!get_arguments(env, info, 3, argv) || !get_int(env, argv[0], &fd) ||
      !get_bytes(env, argv[1], &pieces[0].iov_base, &pieces[0].iov_len))
    return NULL;
  napi_typeof(env, argv[2], &type);
  if (type != napi_undefined) {
    if (!get_bytes(env, argv[2], &pieces[1].iov_base, &pieces[1].iov_len)) return NULL;
    count = 2;
  }

  ssize_t written;
  do written = writev(fd, pieces, count);
  while (written < 0 && errno == EINTR);
  return written < 0 ? throw_errno(env, errno, "writev") : NULL;
}

/* close(fd): void */
napi_value fuse_close(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int fd;
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &fd)) return NULL;
  /* Linux has closed the descriptor even if close(2) fails with EINTR. */
  return close(fd) < 0 && errno != EINTR ? throw_errno(env, errno, "close") : NULL;
}
