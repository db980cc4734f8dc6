/* hello.c - the smallest program: one line, and a checksum of it. */
#include "libc.h"

int main(void)
{
	static const char line[] = "hello from user space\n";
	u64 sum = 0;
	size_t i;

	args_done();
	for (i = 0; i < sizeof(line) - 1; i++)
		sum = mix64(sum ^ (u8)line[i]);
	write(1, line, sizeof(line) - 1);
	print_checksum(sum);
	return 0;
}
