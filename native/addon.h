/* Shared by the parts of the addon. No part keeps static state, so any number of
 * Node environments (worker threads) can load the addon. */
#ifndef CIRCUIT_ADDON_H
#define CIRCUIT_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Throws an Error with `code`, `errno` (negative, as Node has it) and `syscall`. */
napi_value throw_errno(napi_env env, int error, const char *syscall);
/* Returns the same Error, to reject a promise with it. */
napi_value errno_error(napi_env env, int error, const char *syscall);

/* Read the arguments of a call. On a mismatch they throw a TypeError and return false. */
bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool get_int(napi_env env, napi_value value, int *result);
bool get_bytes(napi_env env, napi_value value, void **data, size_t *length);
/* The caller frees the string. */
bool get_string(napi_env env, napi_value value, char **result);

napi_value from_int(napi_env env, int64_t value);
napi_value from_undefined(napi_env env);

/* device.c */
napi_value fuse_open(napi_env env, napi_callback_info info);
napi_value fuse_read(napi_env env, napi_callback_info info);
napi_value fuse_write(napi_env env, napi_callback_info info);
napi_value fuse_close(napi_env env, napi_callback_info info);

/* queued_write.c */
napi_value fuse_queued_write(napi_env env, napi_callback_info info);

/* mount.c */
napi_value fuse_mount(napi_env env, napi_callback_info info);
napi_value fuse_unmount(napi_env env, napi_callback_info info);
napi_value fuse_socketpair(napi_env env, napi_callback_info info);
napi_value fuse_receive_descriptor(napi_env env, napi_callback_info info);

/* file.c */
napi_value file_lock(napi_env env, napi_callback_info info);
napi_value file_append(napi_env env, napi_callback_info info);

/* readiness.c */
napi_value fuse_watch(napi_env env, napi_callback_info info);
napi_value fuse_unwatch(napi_env env, napi_callback_info info);
napi_value fuse_hold(napi_env env, napi_callback_info info);
napi_value fuse_watch_for(napi_env env, napi_callback_info info);

/* process.c */
napi_value process_start(napi_env env, napi_callback_info info);
napi_value process_start_outcome(napi_env env, napi_callback_info info);
napi_value process_start_pid(napi_env env, napi_callback_info info);
napi_value process_abort_start(napi_env env, napi_callback_info info);
napi_value process_reap(napi_env env, napi_callback_info info);
napi_value process_is_stopped(napi_env env, napi_callback_info info);
napi_value process_is_child_subreaper(napi_env env, napi_callback_info info);

/* datagram.c */
napi_value datagram_send(napi_env env, napi_callback_info info);

/* memory.c */
napi_value memory_trim(napi_env env, napi_callback_info info);

/* pipe.c */
napi_value pipe_open(napi_env env, napi_callback_info info);
napi_value pipe_read(napi_env env, napi_callback_info info);
napi_value pipe_write(napi_env env, napi_callback_info info);
napi_value pipe_is_ready(napi_env env, napi_callback_info info);

#endif
