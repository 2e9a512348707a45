/*
 * The few functions of libuv that the addon calls.
 *
 * A Node binary exports libuv, but only some distributions of Node contain the
 * header uv.h, and the package node-api-headers does not. These declarations
 * hold for every libuv 1.x, whose ABI is stable (docs/src/design.rst, "libuv
 * follows semantic versioning"). The handle is opaque; uv_handle_size tells its
 * size.
 */
#ifndef CIRCUIT_LIBUV_H
#define CIRCUIT_LIBUV_H

#include <stddef.h>

typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;
typedef struct uv_poll_s uv_poll_t;

/* The index of "poll" in UV_HANDLE_TYPE_MAP; fuse_watch checks its name. */
#define UV_POLL 8
#define UV_READABLE 1
#define UV_WRITABLE 2

typedef void (*uv_poll_cb)(uv_poll_t *handle, int status, int events);
typedef void (*uv_close_cb)(uv_handle_t *handle);

/* Take negative error numbers. On Unix these are those of errno, as far as libuv names them. */
const char *uv_err_name(int error);
const char *uv_strerror(int error);

size_t uv_handle_size(int type);
const char *uv_handle_type_name(int type);
void *uv_handle_get_data(const uv_handle_t *handle);
void uv_handle_set_data(uv_handle_t *handle, void *data);
int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb callback);
int uv_poll_stop(uv_poll_t *handle);
void uv_close(uv_handle_t *handle, uv_close_cb callback);
void uv_ref(uv_handle_t *handle);
void uv_unref(uv_handle_t *handle);

#endif
