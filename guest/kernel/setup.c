/*
 * setup.c - what the loader says about the machine: command line and memory map,
 * from multiboot1 or PVH; and the division of memory into a fast and a slow node.
 */
#include "acpi.h"
#include "bootmem.h"
#include "cmdline.h"
#include "page.h"
#include "pgtable.h"
#include "printk.h"
#include "setup.h"
#include "string.h"

/* Multiboot Specification 0.6.96, 3.3. */
struct multiboot_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline;
	u32 mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
};

struct multiboot_mmap {
	u32 size;
	u64 addr, len;
	u32 type;
} __packed;

#define MULTIBOOT_BOOTLOADER_MAGIC 0x2badb002
#define MBI_MEMORY 0x01
#define MBI_CMDLINE 0x04
#define MBI_MMAP 0x40

/* xen/include/public/arch-x86/hvm/start_info.h; the PVH boot protocol. */
struct hvm_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modlist_paddr, cmdline_paddr, rsdp_paddr, memmap_paddr;
	u32 memmap_entries, reserved;
};

struct hvm_memmap_entry {
	u64 addr, size;
	u32 type, reserved;
};

#define HVM_START_MAGIC 0x336ec578
#define E820_RAM 1

struct boot_region boot_regions[MAX_BOOT_REGIONS];
unsigned int nr_boot_regions;
phys_addr_t max_phys_addr;
phys_addr_t boot_rsdp;

static struct {
	u64 start, end;
} ram[MAX_BOOT_REGIONS];
static unsigned int nr_ram;

extern char _end[];
static phys_addr_t early_brk;	/* 0 once setup_memory() has sealed it */

/* Keeps ram[] sorted; whole pages only. Loaders do not hand out overlapping entries. */
static void add_ram(u64 addr, u64 len)
{
	u64 start = ALIGN(addr, PAGE_SIZE), end = ALIGN_DOWN(addr + len, PAGE_SIZE);
	unsigned int i;

	if (start >= end)
		return;
	BUG_ON(nr_ram == MAX_BOOT_REGIONS);
	for (i = nr_ram++; i && ram[i - 1].start > start; i--)
		ram[i] = ram[i - 1];
	ram[i].start = start;
	ram[i].end = end;
	max_phys_addr = max(max_phys_addr, end);
}

static void parse_multiboot(const struct multiboot_info *mbi)
{
	if (mbi->flags & MBI_CMDLINE)
		strscpy(boot_command_line, __va(mbi->cmdline), sizeof(boot_command_line));
	if (mbi->flags & MBI_MMAP) {
		u32 off = 0;

		while (off < mbi->mmap_length) {
			const struct multiboot_mmap *e = __va(mbi->mmap_addr + off);

			if (e->type == E820_RAM)
				add_ram(e->addr, e->len);
			off += e->size + sizeof(e->size);
		}
	} else if (mbi->flags & MBI_MEMORY) {
		add_ram(0x100000, (u64)mbi->mem_upper << 10);
	}
}

static void parse_pvh(const struct hvm_start_info *si)
{
	const struct hvm_memmap_entry *e;
	u32 i;

	if (si->magic != HVM_START_MAGIC)
		panic("boot: start info has magic 0x%x", si->magic);
	if (si->cmdline_paddr)
		strscpy(boot_command_line, __va(si->cmdline_paddr), sizeof(boot_command_line));
	boot_rsdp = si->rsdp_paddr;
	if (si->version < 1)
		return;
	e = __va(si->memmap_paddr);
	for (i = 0; i < si->memmap_entries; i++) {
		if (e[i].type == E820_RAM)
			add_ram(e[i].addr, e[i].size);
	}
}

void parse_boot_info(u32 magic, u32 info)
{
	if (magic == MULTIBOOT_BOOTLOADER_MAGIC)
		parse_multiboot(__va(info));
	else
		parse_pvh(__va(info));
	if (!nr_ram)
		panic("boot: the loader gave no memory map");
	early_brk = __pa(_end);
}

void *early_alloc(size_t size)
{
	void *p = __va(early_brk);

	BUG_ON(!early_brk);
	early_brk += ALIGN(size, PAGE_SIZE);
	memset(p, 0, ALIGN(size, PAGE_SIZE));
	return p;
}

static void add_region(u64 start, u64 end, int nid)
{
	if (start >= end)
		return;
	BUG_ON(nr_boot_regions == MAX_BOOT_REGIONS);
	boot_regions[nr_boot_regions++] = (struct boot_region){ start, end, nid };
}

/* Leaves out the first MiB and [image start, early_brk), which lies right above it. */
static void add_usable(u64 start, u64 end, int nid)
{
	add_region(max(start, early_brk), end, nid);
}

/* The fast node is the lowest `fast` bytes of RAM. */
static void split_by_size(u64 fast)
{
	unsigned int i;

	for (i = 0; i < nr_ram; i++) {
		u64 take = min(fast, ram[i].end - ram[i].start);

		add_usable(ram[i].start, ram[i].start + take, 0);
		add_usable(ram[i].start + take, ram[i].end, 1);
		fast -= take;
	}
}

static int srat_nid(u64 addr, u64 *range_end)
{
	unsigned int i;

	for (i = 0; i < acpi_nr_srat_ranges; i++) {
		if (addr >= acpi_srat_ranges[i].start && addr < acpi_srat_ranges[i].end) {
			*range_end = acpi_srat_ranges[i].end;
			return acpi_srat_ranges[i].nid;
		}
	}
	*range_end = addr + PAGE_SIZE;
	return 0;
}

static void split_by_srat(void)
{
	unsigned int i;

	for (i = 0; i < nr_ram; i++) {
		u64 addr = ram[i].start, end;

		for (; addr < ram[i].end; addr = end) {
			int nid = srat_nid(addr, &end);

			end = min(end, ram[i].end);
			add_usable(addr, end, nid);
		}
	}
}

void setup_memory(void)
{
	u64 total = 0, fast;
	unsigned int i;

	for (i = 0; i < nr_ram; i++)
		total += ram[i].end - ram[i].start;
	fast = cmdline_option_u64("fastmem", 0);
	if (!fast && acpi_nr_srat_ranges)
		split_by_srat();
	else
		split_by_size(ALIGN(fast ? fast : total / 4, PAGE_SIZE));
	early_brk = 0;
	for (i = 0; i < nr_boot_regions; i++)
		printk("memory: node %d [%lx, %lx)\n", boot_regions[i].nid,
		       boot_regions[i].start, boot_regions[i].end);
}

void set_fixmap(unsigned int idx, phys_addr_t pa)
{
	kernel_map_range(fix_to_virt(idx), pa, PAGE_SIZE, _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED |
			 _PAGE_DIRTY | _PAGE_PCD | _PAGE_PWT | _PAGE_GLOBAL | _PAGE_NX);
}
