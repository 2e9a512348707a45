/* Memory that was freed and that the C library still keeps. */
#include "addon.h"

/* malloc_trim(3) is glibc's; other C libraries keep less. */
extern int malloc_trim(size_t pad) __attribute__((weak));

/* trimMemory(): void. Gives the kernel what is free, also between what is not. */
napi_value memory_trim(napi_env env, napi_callback_info info) {
  (void)info;
  if (malloc_trim) malloc_trim(0);
  return from_undefined(env);
}
