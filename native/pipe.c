/* Pipes for the standard streams of a process. Our ends never block. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/* pipe(ours): [number, number]. The reading and the writing end; the end `ours` (0, 1) never blocks. */
napi_value pipe_open(napi_env env, napi_callback_info info) {
  napi_value argv[1], result;
  int ours, ends[2];
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &ours)) return NULL;
  if (pipe2(ends, O_CLOEXEC) < 0) return throw_errno(env, errno, "pipe2");
  /* pipe2 would set it for both ends, but programs expect an end that blocks. */
  fcntl(ends[ours != 0], F_SETFL, O_NONBLOCK);
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, from_int(env, ends[0]));
  napi_set_element(env, result, 1, from_int(env, ends[1]));
  return result;
}

/* readPipe(fd, into): number. Reads the available bytes; 0 at the end of file, -1 if there are none yet. */
napi_value pipe_read(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int fd;
  void *data;
  size_t length, done = 0;
  if (!get_arguments(env, info, 2, argv) || !get_int(env, argv[0], &fd) ||
      !get_bytes(env, argv[1], &data, &length))
    return NULL;
  while (done < length) {
    ssize_t count = read(fd, (char *)data + done, length - done);
    if (count > 0) {
      done += count;
      continue;
    }
    if (count == 0 || done > 0) break;
    if (errno == EAGAIN) return from_int(env, -1);
    if (errno != EINTR) return throw_errno(env, errno, "read");
  }
  return from_int(env, done);
}

/* writePipe(fd, bytes): number. Writes the bytes for which there is room, and returns their number. */
napi_value pipe_write(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int fd;
  void *data;
  size_t length, done = 0;
  if (!get_arguments(env, info, 2, argv) || !get_int(env, argv[0], &fd) ||
      !get_bytes(env, argv[1], &data, &length))
    return NULL;
  while (done < length) {
    ssize_t count = write(fd, (char *)data + done, length - done);
    if (count >= 0) {
      done += count;
      continue;
    }
    if (errno == EAGAIN || (done > 0 && errno != EINTR)) break;
    if (errno != EINTR) return throw_errno(env, errno, "write");
  }
  return from_int(env, done);
}

/* isReady(fd): boolean. Whether a read or a write would not wait. It may still fail. */
napi_value pipe_is_ready(napi_env env, napi_callback_info info) {
  napi_value argv[1], result;
  struct pollfd polled = {.events = POLLIN | POLLOUT};
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &polled.fd)) return NULL;
  int count = poll(&polled, 1, 0);
  napi_get_boolean(env, count > 0, &result);
  return result;
}
