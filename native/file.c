/* What Node cannot do with the descriptor of a file. */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

/*
 * lockFile(fd): boolean. Whether the lock (flock(2)) is ours now; does not wait. It is let go by
 * the kernel when the open file is closed, however the process ends.
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

/* append(fd): void. Each write goes to the end of the file from now on, whoever shares it. */
napi_value file_append(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int fd, flags;
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &fd)) return NULL;
  flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_APPEND) < 0)
    return throw_errno(env, errno, "fcntl");
  return NULL;
}
