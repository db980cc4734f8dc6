// The IDT. A benchmark sets the gates it needs; every exception it did not ask for ends the run with
// its vector and RIP, so that a wrong machine shows as that and not as a hang.

#include "bench.h"

struct gate {
  u16 offset_low, selector;
  u8 ist, type;
  u16 offset_middle;
  u32 offset_high, reserved;
};

static struct gate idt[256];

extern const u64 exception_entries[32];  // entries.S

void set_gate(u32 vector, void (*entry)(void)) {
  u64 offset = (u64)entry;
  idt[vector] = (struct gate){
      .offset_low = offset,
      .selector = 0x18,
      .type = 0x8e,  // present, DPL 0, 64-bit interrupt gate
      .offset_middle = offset >> 16,
      .offset_high = offset >> 32,
  };
}

void load_idt(void) {
  struct {
    u16 limit;
    u64 base;
  } __attribute__((packed)) pointer = {sizeof idt - 1, (u64)idt};
  asm volatile("lidt %0" : : "m"(pointer));
}

void set_exception_gates(void) {
  for (u32 vector = 0; vector < 32; vector++) set_gate(vector, (void (*)(void))exception_entries[vector]);
}

// From entries.S, with what the CPU pushed below the error code.
void unexpected_exception(u64 vector, u64 error, u64 rip) {
  put_string("bench: trap ");
  put_decimal(vector);
  put_string(" error ");
  put_hex(error);
  put_string(" rip ");
  put_hex(rip);
  put_string("\n");
  leave(1);
}
