/* acpi.c - the few ACPI tables the kernel reads, once, at boot. Section numbers are ACPI 6.5's. */
#include "acpi.h"
#include "apic.h"
#include "page.h"
#include "printk.h"
#include "string.h"

struct acpi_table_header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6 + 8];
	u32 oem_revision, creator, creator_revision;
} __packed;

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
} __packed;

u32 acpi_apic_ids[NR_CPUS];
unsigned int acpi_nr_cpus;
struct acpi_srat_range acpi_srat_ranges[ACPI_MAX_SRAT_RANGES];
unsigned int acpi_nr_srat_ranges;
u16 acpi_pm1a_cnt;
phys_addr_t acpi_ioapic_addr;
u32 acpi_isa_irq_to_gsi[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static bool checksum_ok(const void *p, size_t n)
{
	const u8 *b = p;
	u8 sum = 0;

	while (n--)
		sum += *b++;
	return sum == 0;
}

static const struct acpi_rsdp *scan_rsdp(phys_addr_t start, phys_addr_t end)
{
	for (; start < end; start += 16) {
		const struct acpi_rsdp *r = __va(start);

		if (!memcmp(r->signature, "RSD PTR ", 8) && checksum_ok(r, 20))
			return r;
	}
	return NULL;
}

static void add_cpu(u32 apic_id, u32 flags)
{
	if (!(flags & 1))
		return;
	if (acpi_nr_cpus == NR_CPUS) {
		printk("acpi: more than %d CPUs; APIC id %u is left alone\n", NR_CPUS, apic_id);
		return;
	}
	acpi_apic_ids[acpi_nr_cpus++] = apic_id;
}

static inline u32 get32(const u8 *p)
{
	return *(const u32 *)p;
}

/* 5.2.12: local APICs (0), x2APICs (9), I/O APICs (1), interrupt source overrides (2). */
static void parse_madt(const struct acpi_table_header *h)
{
	const u8 *p = (const u8 *)h + 44, *end = (const u8 *)h + h->length;

	for (; p + 2 <= end && p[1]; p += p[1]) {
		if (p[0] == 0)
			add_cpu(p[3], get32(p + 4));
		else if (p[0] == 9)
			add_cpu(get32(p + 4), get32(p + 8));
		else if (p[0] == 1 && !acpi_ioapic_addr)
			acpi_ioapic_addr = get32(p + 4);
		else if (p[0] == 2 && p[3] < 16)
			acpi_isa_irq_to_gsi[p[3]] = get32(p + 4);
	}
}

/* 5.2.16.2: memory affinity. Every domain but 0 is the slow node. */
static void parse_srat(const struct acpi_table_header *h)
{
	const u8 *p = (const u8 *)h + 48, *end = (const u8 *)h + h->length;

	for (; p + 2 <= end && p[1]; p += p[1]) {
		u64 base, len;

		if (p[0] != 1 || !(get32(p + 28) & 1))
			continue;
		base = get32(p + 8) | (u64)get32(p + 12) << 32;
		len = get32(p + 16) | (u64)get32(p + 20) << 32;
		if (!len)
			continue;
		BUG_ON(acpi_nr_srat_ranges == ACPI_MAX_SRAT_RANGES);
		acpi_srat_ranges[acpi_nr_srat_ranges++] =
			(struct acpi_srat_range){ base, base + len, get32(p + 2) ? 1 : 0 };
	}
}

static void parse_table(phys_addr_t pa)
{
	const struct acpi_table_header *h = __va(pa);

	if (!checksum_ok(h, h->length)) {
		printk("acpi: table %.4s has a bad checksum; ignored\n", h->signature);
		return;
	}
	if (!memcmp(h->signature, "APIC", 4))
		parse_madt(h);
	else if (!memcmp(h->signature, "SRAT", 4))
		parse_srat(h);
	else if (!memcmp(h->signature, "FACP", 4))
		acpi_pm1a_cnt = get32((const u8 *)h + 64);
}

void acpi_boot_init(phys_addr_t rsdp)
{
	const struct acpi_rsdp *r = rsdp ? __va(rsdp) : NULL;
	const struct acpi_table_header *root;
	phys_addr_t ebda = (phys_addr_t)*(const volatile u16 *)__va(0x40e) << 4;
	unsigned int size, n, i;

	if (!r)
		r = scan_rsdp(ebda, ebda + 1024);
	if (!r)
		r = scan_rsdp(0xe0000, 0x100000);
	if (!r) {
		printk("acpi: no RSDP; one CPU, one interrupt controller\n");
		return;
	}
	size = r->revision >= 2 && r->xsdt ? 8 : 4;
	root = __va(size == 8 ? r->xsdt : r->rsdt);
	n = (root->length - sizeof(*root)) / size;
	for (i = 0; i < n; i++) {
		const u8 *entry = (const u8 *)(root + 1) + i * size;

		parse_table(get32(entry) | (size == 8 ? (u64)get32(entry + 4) << 32 : 0));
	}
}
