/* Calls a JavaScript function while a descriptor can be read or written. */
#include "addon.h"
#include "libuv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct watcher {
  napi_env env;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  uv_poll_t *poll;
  bool closing;
  /* The last of the two to end, the libuv handle or the JavaScript object, frees the watcher. */
  bool handle_ended, object_ended;
};

static void free_if_unused(struct watcher *self) {
  if (self->handle_ended && self->object_ended) free(self);
}

static void handle_closed(uv_handle_t *handle) {
  struct watcher *self = uv_handle_get_data(handle);
  free(handle);
  napi_remove_async_cleanup_hook(self->cleanup);
  self->handle_ended = true;
  free_if_unused(self);
}

static void start_closing(struct watcher *self) {
  if (self->closing) return;
  self->closing = true;
  napi_delete_reference(self->env, self->callback);
  napi_async_destroy(self->env, self->context);
  uv_close((uv_handle_t *)self->poll, handle_closed);
}

/* The environment ends. The handle must leave the loop before that. */
static void environment_ends(napi_async_cleanup_hook_handle cleanup, void *data) {
  (void)cleanup;
  start_closing(data);
}

static void object_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct watcher *self = data;
  self->object_ended = true;
  free_if_unused(self);
}

/* Also called after an error (EPOLLERR after an unmount); a read of the descriptor finds it. */
static void became_ready(uv_poll_t *poll, int status, int events) {
  (void)status;
  (void)events;
  struct watcher *self = uv_handle_get_data((uv_handle_t *)poll);
  napi_env env = self->env;
  napi_handle_scope scope;
  napi_value callback, receiver, error;

  napi_open_handle_scope(env, &scope);
  napi_get_reference_value(env, self->callback, &callback);
  napi_get_global(env, &receiver);
  /* napi_make_callback runs ticks and promise jobs afterwards, as Node does after its own callbacks. */
  if (napi_make_callback(env, self->context, receiver, callback, 0, NULL, NULL) ==
      napi_pending_exception) {
    napi_get_and_clear_last_exception(env, &error);
    napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

/* watch(fd, callback): external. unwatch, hold and watchFor take the external. */
napi_value fuse_watch(napi_env env, napi_callback_info info) {
  napi_value argv[2], name, result;
  uv_loop_t *loop;
  int fd;
  napi_valuetype callable;
  if (!get_arguments(env, info, 2, argv) || !get_int(env, argv[0], &fd)) return NULL;
  if (napi_typeof(env, argv[1], &callable) != napi_ok || callable != napi_function)
    return throw_errno(env, EINVAL, "uv_poll_init");
  const char *type = uv_handle_type_name(UV_POLL);
  if (type == NULL || strcmp(type, "poll") != 0) return throw_errno(env, ENOTSUP, "uv_poll_init");
  if (napi_get_uv_event_loop(env, &loop) != napi_ok)
    return throw_errno(env, ENOTSUP, "napi_get_uv_event_loop");

  struct watcher *self = calloc(1, sizeof *self);
  uv_poll_t *poll = calloc(1, uv_handle_size(UV_POLL));
  int status = self && poll ? uv_poll_init(loop, poll, fd) : -ENOMEM;
  if (status < 0) {
    free(self);
    free(poll);
    return throw_errno(env, -status, "uv_poll_init");
  }
  self->env = env;
  self->poll = poll;
  uv_handle_set_data((uv_handle_t *)poll, self);
  if (napi_create_string_utf8(env, "fuse-readiness", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_reference(env, argv[1], 1, &self->callback) != napi_ok ||
      napi_async_init(env, NULL, name, &self->context) != napi_ok ||
      napi_add_async_cleanup_hook(env, environment_ends, self, &self->cleanup) != napi_ok ||
      napi_create_external(env, self, object_collected, NULL, &result) != napi_ok) {
    self->object_ended = true;
    start_closing(self);
    return throw_errno(env, ENOMEM, "uv_poll_init");
  }
  uv_poll_start(poll, UV_READABLE, became_ready);
  return result;
}

/* unwatch(external): void */
napi_value fuse_unwatch(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct watcher *self;
  if (!get_arguments(env, info, 1, argv)) return NULL;
  if (napi_get_value_external(env, argv[0], (void **)&self) != napi_ok)
    return throw_errno(env, EINVAL, "uv_close");
  start_closing(self);
  return NULL;
}

/* hold(external, held): void. `held`: the watcher keeps the event loop alive. */
napi_value fuse_hold(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  struct watcher *self;
  bool held;
  if (!get_arguments(env, info, 2, argv)) return NULL;
  if (napi_get_value_external(env, argv[0], (void **)&self) != napi_ok ||
      napi_get_value_bool(env, argv[1], &held) != napi_ok)
    return throw_errno(env, EINVAL, "uv_ref");
  if (!self->closing) (held ? uv_ref : uv_unref)((uv_handle_t *)self->poll);
  return NULL;
}

/* watchFor(external, events): void. `events`: UV_READABLE, UV_WRITABLE, both, or 0 for none. */
napi_value fuse_watch_for(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  struct watcher *self;
  int events;
  if (!get_arguments(env, info, 2, argv) || !get_int(env, argv[1], &events)) return NULL;
  if (napi_get_value_external(env, argv[0], (void **)&self) != napi_ok)
    return throw_errno(env, EINVAL, "uv_poll_start");
  if (self->closing) return NULL;
  if (events == 0) uv_poll_stop(self->poll);
  else uv_poll_start(self->poll, events, became_ready);
  return NULL;
}
