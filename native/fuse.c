/* The entry point of the addon, and the conversion of arguments and errors. */
#include "addon.h"
#include "libuv.h"

#include <stdio.h>
#include <stdlib.h>

napi_value errno_error(napi_env env, int error, const char *syscall) {
  char text[192];
  napi_value code, message, result, property;

  snprintf(text, sizeof text, "%s: %s, %s", uv_err_name(-error), uv_strerror(-error), syscall);
  napi_create_string_utf8(env, uv_err_name(-error), NAPI_AUTO_LENGTH, &code);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, code, message, &result);
  napi_set_named_property(env, result, "errno", from_int(env, -error));
  napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &property);
  napi_set_named_property(env, result, "syscall", property);
  return result;
}

napi_value throw_errno(napi_env env, int error, const char *syscall) {
  napi_throw(env, errno_error(env, error, syscall));
  return NULL;
}

bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  /* Missing arguments become undefined. */
  return napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok;
}

bool get_int(napi_env env, napi_value value, int *result) {
  if (napi_get_value_int32(env, value, result) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "a number was expected");
  return false;
}

bool get_bytes(napi_env env, napi_value value, void **data, size_t *length) {
  if (napi_get_buffer_info(env, value, data, length) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "a Uint8Array was expected");
  return false;
}

bool get_string(napi_env env, napi_value value, char **result) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
    napi_throw_type_error(env, NULL, "a string was expected");
    return false;
  }
  *result = malloc(length + 1);
  if (*result == NULL) {
    napi_throw_error(env, "ENOMEM", "out of memory");
    return false;
  }
  napi_get_value_string_utf8(env, value, *result, length + 1, &length);
  return true;
}

napi_value from_int(napi_env env, int64_t value) {
  napi_value result;
  napi_create_int64(env, value, &result);
  return result;
}

napi_value from_undefined(napi_env env) {
  napi_value result;
  napi_get_undefined(env, &result);
  return result;
}

NAPI_MODULE_INIT() {
#define METHOD(name, function) \
  { name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL }
  const napi_property_descriptor methods[] = {
      METHOD("open", fuse_open),
      METHOD("read", fuse_read),
      METHOD("write", fuse_write),
      METHOD("queuedWrite", fuse_queued_write),
      METHOD("close", fuse_close),
      METHOD("mount", fuse_mount),
      METHOD("unmount", fuse_unmount),
      METHOD("socketpair", fuse_socketpair),
      METHOD("receiveDescriptor", fuse_receive_descriptor),
      METHOD("lockFile", file_lock),
      METHOD("append", file_append),
      METHOD("watch", fuse_watch),
      METHOD("unwatch", fuse_unwatch),
      METHOD("hold", fuse_hold),
      METHOD("watchFor", fuse_watch_for),
      METHOD("startProcess", process_start),
      METHOD("startOutcome", process_start_outcome),
      METHOD("startPid", process_start_pid),
      METHOD("abortStart", process_abort_start),
      METHOD("reapProcess", process_reap),
      METHOD("isStopped", process_is_stopped),
      METHOD("isChildSubreaper", process_is_child_subreaper),
      METHOD("pipe", pipe_open),
      METHOD("readPipe", pipe_read),
      METHOD("writePipe", pipe_write),
      METHOD("isReady", pipe_is_ready),
      METHOD("sendDatagram", datagram_send),
      METHOD("trimMemory", memory_trim),
  };
  napi_define_properties(env, exports, sizeof methods / sizeof *methods, methods);
  return exports;
}
