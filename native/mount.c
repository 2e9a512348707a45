/* mount(2), umount2(2), and the descriptor that fusermount3 sends. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

/* mount(source, target, type, flags, data): void */
napi_value fuse_mount(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  char *source = NULL, *target = NULL, *type = NULL, *data = NULL;
  int flags, error = 0;
  bool valid = get_arguments(env, info, 5, argv) && get_string(env, argv[0], &source) &&
               get_string(env, argv[1], &target) && get_string(env, argv[2], &type) &&
               get_int(env, argv[3], &flags) && get_string(env, argv[4], &data);
  if (valid && mount(source, target, type, (unsigned long)flags, data) < 0) error = errno;
  free(source);
  free(target);
  free(type);
  free(data);
  return error ? throw_errno(env, error, "mount") : NULL;
}

/* unmount(target, flags): void */
napi_value fuse_unmount(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  char *target = NULL;
  int flags, error = 0;
  bool valid = get_arguments(env, info, 2, argv) && get_string(env, argv[0], &target) &&
               get_int(env, argv[1], &flags);
  if (valid && umount2(target, flags) < 0) error = errno;
  free(target);
  return error ? throw_errno(env, error, "umount2") : NULL;
}

/* socketpair(): [number, number] */
napi_value fuse_socketpair(napi_env env, napi_callback_info info) {
  (void)info;
  int ends[2];
  napi_value result;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
    return throw_errno(env, errno, "socketpair");
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, from_int(env, ends[0]));
  napi_set_element(env, result, 1, from_int(env, ends[1]));
  return result;
}

/*
 * receiveDescriptor(socket): number. Does not wait. EAGAIN: nothing was sent.
 * EPROTO: the message has no descriptor (unix(7), SCM_RIGHTS).
 */
napi_value fuse_receive_descriptor(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int socket, fd;
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &socket)) return NULL;

  char byte;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec piece = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t count;
  do count = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count < 0) return throw_errno(env, errno, "recvmsg");

  struct cmsghdr *found = CMSG_FIRSTHDR(&message);
  if (count == 0 || found == NULL || found->cmsg_level != SOL_SOCKET ||
      found->cmsg_type != SCM_RIGHTS || found->cmsg_len != CMSG_LEN(sizeof fd))
    return throw_errno(env, EPROTO, "recvmsg");
  memcpy(&fd, CMSG_DATA(found), sizeof fd);
  if (fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
    int error = errno;
    close(fd);
    return throw_errno(env, error, "fcntl");
  }
  return from_int(env, fd);
}
