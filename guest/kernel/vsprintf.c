/* vsprintf.c - formatting for the kernel and, linked into them too, for user programs. */
#include "printk.h"
#include "string.h"

struct out {
	char *buf;
	size_t size, len;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, int n, char c)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const char *s, int len, int width, bool left)
{
	int i;

	if (!left)
		pad(o, width - len, ' ');
	for (i = 0; i < len; i++)
		put(o, s[i]);
	if (left)
		pad(o, width - len, ' ');
}

struct spec {
	bool left, zero, alt;
	int width, precision, length;	/* length: 0 int, 1 long, -1 short, -2 char */
};

static void put_number(struct out *o, u64 v, bool negative, unsigned int base, bool upper,
		       const struct spec *sp)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[24];
	int n = 0, fill;

	do {
		tmp[n++] = digits[v % base];
		v /= base;
	} while (v);
	fill = sp->width - n - (negative ? 1 : 0) - (sp->alt ? 2 : 0);
	if (!sp->left && !sp->zero)
		pad(o, fill, ' ');
	if (negative)
		put(o, '-');
	if (sp->alt) {
		put(o, '0');
		put(o, 'x');
	}
	if (!sp->left && sp->zero)
		pad(o, fill, '0');
	while (n)
		put(o, tmp[--n]);
	if (sp->left)
		pad(o, fill, ' ');
}

static const char *parse_spec(const char *f, struct spec *sp, va_list *args)
{
	*sp = (struct spec){ .precision = -1 };
	for (;; f++) {
		if (*f == '-')
			sp->left = true;
		else if (*f == '0')
			sp->zero = true;
		else if (*f == '#')
			sp->alt = true;
		else
			break;
	}
	if (*f == '*') {
		sp->width = va_arg(*args, int);
		f++;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		sp->width = sp->width * 10 + (*f - '0');
	if (*f == '.') {
		sp->precision = 0;
		if (*++f == '*') {
			sp->precision = va_arg(*args, int);
			f++;
		}
		for (; *f >= '0' && *f <= '9'; f++)
			sp->precision = sp->precision * 10 + (*f - '0');
	}
	for (;; f++) {
		if (*f == 'l' || *f == 'z')
			sp->length = 1;
		else if (*f == 'h')
			sp->length--;
		else
			return f;
	}
}

static s64 signed_arg(va_list *args, int length)
{
	if (length == 1)
		return va_arg(*args, long);
	if (length == -1)
		return (short)va_arg(*args, int);
	if (length == -2)
		return (signed char)va_arg(*args, int);
	return va_arg(*args, int);
}

static u64 unsigned_arg(va_list *args, int length)
{
	if (length == 1)
		return va_arg(*args, unsigned long);
	if (length == -1)
		return (u16)va_arg(*args, unsigned int);
	if (length == -2)
		return (u8)va_arg(*args, unsigned int);
	return va_arg(*args, unsigned int);
}

static void convert(struct out *o, char conv, struct spec *sp, va_list *args)
{
	switch (conv) {
	case 'd':
	case 'i': {
		s64 v = signed_arg(args, sp->length);

		sp->alt = false;
		put_number(o, v < 0 ? -(u64)v : (u64)v, v < 0, 10, false, sp);
		break;
	}
	case 'u':
		sp->alt = false;
		put_number(o, unsigned_arg(args, sp->length), false, 10, false, sp);
		break;
	case 'x':
	case 'X':
		put_number(o, unsigned_arg(args, sp->length), false, 16, conv == 'X', sp);
		break;
	case 'p':
		sp->zero = true;
		sp->width = 16;
		put_number(o, (u64)va_arg(*args, void *), false, 16, false, sp);
		break;
	case 'c': {
		char c = va_arg(*args, int);

		put_string(o, &c, 1, sp->width, sp->left);
		break;
	}
	case 's': {
		const char *s = va_arg(*args, const char *);
		size_t max = sp->precision < 0 ? ~0UL : (size_t)sp->precision;

		if (!s)
			s = "(null)";
		put_string(o, s, strnlen(s, max), sp->width, sp->left);
		break;
	}
	case '%':
		put(o, '%');
		break;
	default:
		put(o, '%');
		put(o, conv);
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct spec sp;
	va_list args;

	va_copy(args, ap);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &sp, &args);
		if (!*fmt)
			break;
		convert(&o, *fmt, &sp, &args);
	}
	va_end(args);
	if (size)
		buf[min(o.len, size - 1)] = '\0';
	return o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}
