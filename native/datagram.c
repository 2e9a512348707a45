/* A datagram to a Unix socket: Node has stream sockets of that family only. */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * The socket's address as sd_notify(3) has it: a path, or an abstract name after `@` (unix(7)), whose
 * first byte is a NUL. Returns its length, or 0 if the name is too long.
 */
static socklen_t socket_address(const char *name, struct sockaddr_un *address) {
  size_t length = strlen(name);
  bool is_abstract = name[0] == '@';
  /* A path ends with a NUL, an abstract name where the address does. */
  size_t size = is_abstract ? length : length + 1;
  if (length == 0 || size > sizeof address->sun_path) return 0;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, name, length);
  if (is_abstract) address->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
}

static int send_to(const char *name, const void *data, size_t length) {
  struct sockaddr_un address;
  socklen_t size = socket_address(name, &address);
  int error = 0;
  ssize_t sent;
  if (size == 0) return ENAMETOOLONG;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  do sent = sendto(fd, data, length, MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) error = errno;
  close(fd);
  return error;
}

/* sendDatagram(name, data): void. Does not wait: EAGAIN if the receiver's queue is full. */
napi_value datagram_send(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  char *name = NULL;
  void *data;
  size_t length;
  int error = 0;
  if (get_arguments(env, info, 2, argv) && get_string(env, argv[0], &name) &&
      get_bytes(env, argv[1], &data, &length))
    error = send_to(name, data, length);
  free(name);
  return error ? throw_errno(env, error, "sendto") : NULL;
}
