// Runs the benchmark of this image and says on the serial line when it starts and what came out.
// The host times what lies between the two lines; the guest has no part in that.
//
//   bench: NAME start
//   bench: NAME ops N checksum 0xHEX
//
// N comes from the command line as n=N.

#include "bench.h"

#define MULTIBOOT_HAS_COMMAND_LINE 4

struct multiboot_info {
  u32 flags, memory_lower, memory_upper, boot_device, command_line;
};

void set_exception_gates(void);

static u64 number_after(const char *text, const char *key) {
  for (; *text; text++) {
    const char *at = text, *wanted = key;
    while (*wanted && *at == *wanted) at++, wanted++;
    if (*wanted) continue;
    u64 value = 0;
    while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
    return value;
  }
  return 0;
}

void bench_main(u64 info_pa) {
  const struct multiboot_info *info = (const void *)info_pa;
  const char *text = info->flags & MULTIBOOT_HAS_COMMAND_LINE ? (const char *)(u64)info->command_line : "";
  u64 operations = number_after(text, " n=");
  if (operations == 0) {
    put_string("bench: the command line must say n=NUMBER\n");
    leave(2);
  }
  set_exception_gates();
  load_idt();
  bench.setup();
  put_string("bench: ");
  put_string(bench.name);
  put_string(" start\n");
  u64 checksum = bench.run(operations);
  put_string("bench: ");
  put_string(bench.name);
  put_string(" ops ");
  put_decimal(operations);
  put_string(" checksum ");
  put_hex(checksum);
  put_string("\n");
  leave(0x10);
}
