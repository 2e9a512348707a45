/* Returns free memory that the C library keeps to the kernel. */
#include "addon.h"

/* Only glibc has malloc_trim(3); other C libraries keep less memory. */
extern int malloc_trim(size_t pad) __attribute__((weak));

/* trimMemory(): void. Returns free pages, even those between pages in use. */
napi_value memory_trim(napi_env env, napi_callback_info info) {
  (void)info;
  if (malloc_trim) malloc_trim(0);
  return from_undefined(env);
}
