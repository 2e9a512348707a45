/*
 * Writes notifications on the thread pool. In write(2) of a notification the
 * kernel takes locks of inodes (fs/fuse/dir.c, fuse_reverse_inval_entry). A
 * request that waits for our answer may hold these locks, so on the event loop
 * the write would be a deadlock.
 */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct queued_write {
  napi_async_work work;
  napi_deferred deferred;
  int fd; /* a duplicate, since the session may close its descriptor meanwhile */
  int error;
  size_t length;
  char message[];
};

static void execute(napi_env env, void *data) {
  (void)env;
  struct queued_write *self = data;
  ssize_t written;
  do written = write(self->fd, self->message, self->length);
  while (written < 0 && errno == EINTR);
  self->error = written < 0 ? errno : 0;
  close(self->fd);
}

static void complete(napi_env env, napi_status status, void *data) {
  struct queued_write *self = data;
  if (status == napi_cancelled) {
    close(self->fd);
    self->error = ECANCELED;
  }
  if (self->error)
    napi_reject_deferred(env, self->deferred, errno_error(env, self->error, "write"));
  else
    napi_resolve_deferred(env, self->deferred, from_undefined(env));
  napi_delete_async_work(env, self->work);
  free(self);
}

/* queuedWrite(fd, message): Promise<void> */
napi_value fuse_queued_write(napi_env env, napi_callback_info info) {
  napi_value argv[2], promise, name;
  int fd;
  void *data;
  size_t length;
  if (!get_arguments(env, info, 2, argv) || !get_int(env, argv[0], &fd) ||
      !get_bytes(env, argv[1], &data, &length))
    return NULL;

  struct queued_write *self = malloc(sizeof *self + length);
  if (self == NULL) return throw_errno(env, ENOMEM, "write");
  self->length = length;
  memcpy(self->message, data, length);
  self->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (self->fd < 0) {
    int error = errno;
    free(self);
    return throw_errno(env, error, "fcntl");
  }
  napi_create_promise(env, &self->deferred, &promise);
  napi_create_string_utf8(env, "fuse-notification", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, NULL, name, execute, complete, self, &self->work);
  napi_queue_async_work(env, self->work);
  return promise;
}
