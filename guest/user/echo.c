/* echo.c - writes back what comes from the console, until Ctrl-D or the end of input. */
#include "libc.h"

#define CTRL_D 4

int main(void)
{
	u64 sum = 0;
	char buf[64];
	long n, i;

	args_done();
	while ((n = read(0, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n && buf[i] != CTRL_D; i++)
			sum = mix64(sum ^ (u8)buf[i]);
		write(1, buf, i);
		if (i < n)
			break;
	}
	print_checksum(sum);
	return n < 0;
}
