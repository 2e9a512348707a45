/* What the C library keeps of the memory that was freed. */
#include "addon.h"

#include <malloc.h>

/*
 * trimMemory(): undefined. glibc gives freed memory back only from the end of its heap
 * (malloc_trim(3)); musl does by itself.
 */
napi_value memory_trim(napi_env env, napi_callback_info info) {
  (void)info;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return from_undefined(env);
}
