/* Operations on the descriptor of a file that Node lacks. */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

/*
 * lockFile(fd): boolean. Tries flock(2) without waiting, and returns whether we have the lock. The
 * kernel releases it when the open file is closed, however the process ends.
 */
napi_value file_lock(napi_env env, napi_callback_info info) {
  napi_value argv[1], result;
  int fd, status;
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &fd)) return NULL;
  do status = flock(fd, LOCK_EX | LOCK_NB);
  while (status < 0 && errno == EINTR);
  if (status < 0 && errno != EWOULDBLOCK) return throw_errno(env, errno, "flock");
  napi_get_boolean(env, status == 0, &result);
  return result;
}

/* append(fd): void. Sets O_APPEND, for all processes that share the open file. */
napi_value file_append(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int fd, flags;
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &fd)) return NULL;
  flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_APPEND) < 0)
    return throw_errno(env, errno, "fcntl");
  return NULL;
}
