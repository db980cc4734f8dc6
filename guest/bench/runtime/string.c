// The two functions that a compiler may call on its own account, even for freestanding code.

typedef unsigned long size;

void *memset(void *target, int value, size count) {
  void *at = target;
  asm volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(value) : "memory");
  return target;
}

void *memcpy(void *target, const void *source, size count) {
  void *at = target;
  asm volatile("rep movsb" : "+D"(at), "+S"(source), "+c"(count) : : "memory");
  return target;
}
