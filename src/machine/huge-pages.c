// Asks Linux for transparent huge pages behind part of an ArrayBuffer: madvise(2), which JavaScript cannot call. Loaded by
// huge-pages.ts, which tells why. An addon of Node-API, whose binary interface does not change between versions of Node; the few
// functions that it needs are declared here, and those of the C library too, so that it builds where no headers are installed.
//
//   (buffer: ArrayBuffer, from: number, bytes: number) => boolean: whether the kernel took the advice

typedef void *napi_env, *napi_value, *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

int napi_get_cb_info(napi_env, napi_callback_info, unsigned long *argc, napi_value *argv, napi_value *self, void **data);
int napi_get_arraybuffer_info(napi_env, napi_value buffer, void **start, unsigned long *bytes);
int napi_get_value_double(napi_env, napi_value number, double *value);
int napi_get_boolean(napi_env, _Bool value, napi_value *result);
int napi_create_function(napi_env, const char *name, unsigned long length, napi_callback, void *data, napi_value *result);

int madvise(void *start, unsigned long bytes, int advice);

#define MADV_HUGEPAGE 14
#define PAGE 4096ul

static napi_value advise(napi_env env, napi_callback_info info) {
  unsigned long argc = 3, length = 0;
  napi_value argv[3], result = 0;
  char *start = 0;
  double from = 0, bytes = 0;
  _Bool taken = napi_get_cb_info(env, info, &argc, argv, 0, 0) == 0 && argc == 3 &&
                napi_get_arraybuffer_info(env, argv[0], (void **)&start, &length) == 0 &&
                napi_get_value_double(env, argv[1], &from) == 0 && napi_get_value_double(env, argv[2], &bytes) == 0 &&
                from >= 0 && bytes >= 0 && from + bytes <= length;
  if (taken) {
    unsigned long first = ((unsigned long)start + (unsigned long)from) & ~(PAGE - 1);
    taken = madvise((void *)first, (unsigned long)bytes & ~(PAGE - 1), MADV_HUGEPAGE) == 0;
  }
  napi_get_boolean(env, taken, &result);
  return result;
}

// Node calls it when the addon is loaded; what it returns is what `require` gives.
__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value function = exports;
  napi_create_function(env, "advise", 6, advise, 0, &function);
  return function;
}
