/*
 * scenario_parse.c - the arguments of program `scenario`, whose grammar is in
 * scenario.h. For scenario.c.
 */
#include "scenario_words.h"

/* Pages that scenarios speak of have a page table of their own, and unmapped pages between them. */
#define FIRST_PAGE 0x20000000UL
#define PAGE_STRIDE 0x10000UL
/* The kernel gives out descriptors from here on, in order. */
#define FIRST_FD 3
#define FILE_PAGES 16

struct scenario_column scenario_columns[SCENARIO_COLUMNS];
u32 nr_scenario_columns;
struct scenario_location scenario_pages[SCENARIO_LOCATIONS];
u32 nr_scenario_pages;
struct scenario_location scenario_vars[SCENARIO_LOCATIONS];
u32 nr_scenario_vars;
struct scenario_location scenario_files[SCENARIO_LOCATIONS];
u32 nr_scenario_files;

static struct {
	u64 word ____cacheline_aligned;
} vars[SCENARIO_LOCATIONS] __aligned(PAGE_SIZE);

/*
 * What an operation takes, in order: l a word's address, p a page, h where to move it, n a node, f a file,
 * o an offset in it, a rights, v a number, r a register, R maybe one.
 */
static const struct {
	const char *name, *operands;
} op_table[NR_SCENARIO_OPS] = {
	[OP_LOAD] = { "load", "lr" },
	[OP_STORE] = { "store", "lv" },
	[OP_XCHG] = { "xchg", "lvR" },
	[OP_MFENCE] = { "mfence", "" },
	[OP_MIGRATE] = { "migrate", "pn" },
	[OP_MPROTECT] = { "mprotect", "pa" },
	[OP_MUNMAP] = { "munmap", "p" },
	[OP_MMAP] = { "mmap", "pa" },
	[OP_MREMAP] = { "mremap", "ph" },
	[OP_MADVISE] = { "madvise", "p" },
	[OP_WRITE] = { "write", "fov" },
	[OP_READ] = { "read", "for" },
	[OP_TRUNCATE] = { "truncate", "f" },
	[OP_PIN] = { "pin", "p" },
	[OP_PINWRITE] = { "pinwrite", "v" },
	[OP_FORK] = { "fork", "R" },
	[OP_EXIT] = { "exit", "" },
};

const char *scenario_op_name(enum scenario_op_kind kind)
{
	return op_table[kind].name;
}

static int next_node(void)
{
	u64 node = next_number();

	if (node > 1)
		bad("nodes are 0 and 1");
	return node;
}

/* The entry of that name, of n characters; NULL if there is none. */
static struct scenario_location *find_in(struct scenario_location *table, u32 nr, const char *name, size_t n)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (strlen(table[i].name) == n && !strncmp(table[i].name, name, n))
			return &table[i];
	}
	return NULL;
}

static struct scenario_location *find_page(const char *name, size_t n)
{
	return find_in(scenario_pages, nr_scenario_pages, name, n);
}

static struct scenario_location *find_var(const char *name, size_t n)
{
	return find_in(scenario_vars, nr_scenario_vars, name, n);
}

static struct scenario_location *find_file(const char *name, size_t n)
{
	return find_in(scenario_files, nr_scenario_files, name, n);
}

static const struct scenario_location *next_file(void)
{
	const struct scenario_location *file;

	next_word();
	file = find_file(word, at - word);
	if (!file)
		bad("there is no such file before this");
	return file;
}

static u64 file_pages(void)
{
	u64 pages = next_number();

	if (pages < 1 || pages > FILE_PAGES)
		bad("a file has 1 to 16 pages");
	return pages;
}

static struct scenario_location *new_location(struct scenario_location *table, u32 *nr,
					      enum scenario_location_kind kind)
{
	struct scenario_location *location = &table[*nr];
	size_t n;

	next_word();
	n = at - word;
	if (n >= SCENARIO_NAME)
		bad("a name of more than 15 characters");
	if (find_page(word, n) || find_var(word, n) || find_file(word, n))
		bad("there are two of this name");
	if (*nr == SCENARIO_LOCATIONS)
		bad("more than 16 of this kind");
	memcpy(location->name, word, n);
	location->kind = kind;
	location->prot = PROT_READ | PROT_WRITE;
	location->node = -1;
	location->pages = 1;
	if (kind == SCENARIO_VAR)
		location->address = (u64)&vars[*nr].word;
	else if (kind == SCENARIO_FILE)
		location->address = FIRST_FD + *nr;
	else
		location->address = FIRST_PAGE + *nr * PAGE_STRIDE;
	(*nr)++;
	return location;
}

static void parse_attribute(struct scenario_location *location)
{
	bool is_page = location->kind == SCENARIO_PAGE, is_file = location->kind == SCENARIO_FILE;

	next_word();
	if (is_page && word_is("ro"))
		location->prot = PROT_READ;
	else if (is_page && word_is("rw"))
		location->prot = PROT_READ | PROT_WRITE;
	else if (is_page && word_is("node") && accept('='))
		location->node = next_node();
	else if (is_page && word_is("file") && accept('='))
		location->file = next_file();
	else if (is_file && word_is("pages") && accept('='))
		location->pages = file_pages();
	else if (!is_file && location->kind != SCENARIO_HOLE && word_is("value") && accept('='))
		location->value = next_number();
	else
		bad("not known here");
}

/* NAME or NAME+OFFSET; pages_only: NAME of a page or a hole. */
static u64 next_location(bool pages_only)
{
	const struct scenario_location *location;
	const char *end, *name;
	u64 offset = 0;

	next_word();
	name = word;
	for (end = word; end < at && *end != '+'; end++)
		;
	location = find_page(name, end - name);
	if (!location && !pages_only)
		location = find_var(name, end - name);
	if (!location)
		bad(pages_only ? "there is no such page or hole" : "there is no such page, hole or variable");
	if (end < at) {
		offset = number_at(end + 1);
		if (pages_only || location->kind == SCENARIO_VAR || offset >= PAGE_SIZE || offset & 7)
			bad("an offset is a multiple of 8 in a page");
	}
	return location->address + offset;
}

static u64 next_offset(void)
{
	u64 offset = next_number();

	if (offset & 7 || offset >= FILE_PAGES * PAGE_SIZE)
		bad("an offset in a file is a multiple of 8 below 65536");
	return offset;
}

static u64 next_rights(void)
{
	next_word();
	if (word_is("none"))
		return PROT_NONE;
	if (word_is("r"))
		return PROT_READ;
	if (!word_is("rw"))
		bad("rights are none, r or rw");
	return PROT_READ | PROT_WRITE;
}

static u32 next_register(struct scenario_column *column)
{
	u32 reg;

	next_word();
	reg = word[1] - '0';
	if (at - word != 2 || word[0] != 'r' || reg >= SCENARIO_REGISTERS)
		bad("registers are r0 to r7");
	column->registers_set |= 1 << reg;
	return reg;
}

static enum scenario_op_kind next_op_kind(void)
{
	u32 kind;

	next_word();
	for (kind = 0; kind < NR_SCENARIO_OPS; kind++) {
		if (word_is(op_table[kind].name))
			return kind;
	}
	bad("there is no such operation");
}

static void parse_op(struct scenario_column *column, struct scenario_op *op)
{
	const char *operand;

	op->reg = NO_REGISTER;
	op->kind = next_op_kind();
	for (operand = op_table[op->kind].operands; *operand; operand++) {
		if (!accept(',')) {
			if (*operand == 'R')
				return;
			bad("an operand is missing");
		}
		switch (*operand) {
		case 'l':
		case 'p':
			op->address = next_location(*operand == 'p');
			break;
		case 'h':
			op->value = next_location(true);
			break;
		case 'f':
			op->address = next_file()->address;
			break;
		case 'o':
			op->offset = next_offset();
			break;
		case 'n':
			op->value = next_node();
			break;
		case 'a':
			op->value = next_rights();
			break;
		case 'v':
			op->value = next_number();
			break;
		case 'r':
		case 'R':
			op->reg = next_register(column);
			break;
		}
	}
}

static void count_pins(struct scenario_column *column, enum scenario_op_kind kind)
{
	if (kind == OP_PIN)
		column->pins++;
	if (kind == OP_PINWRITE && !column->pins--)
		bad("no pin comes before this");
}

static void parse_column(void)
{
	struct scenario_column *column = &scenario_columns[nr_scenario_columns];

	if (argument[1] != '0' + (char)nr_scenario_columns || argument[2] != '=')
		bad(nr_scenario_columns == SCENARIO_COLUMNS ? "more than 8 columns" : "columns come in order, from P0");
	nr_scenario_columns++;
	at = argument + 3;
	do {
		if (column->exits)
			bad("nothing follows an exit");
		if (column->nr_ops == SCENARIO_OPS) {
			next_word();
			bad("more than 16 operations");
		}
		parse_op(column, &column->ops[column->nr_ops]);
		count_pins(column, column->ops[column->nr_ops].kind);
		column->exits = column->ops[column->nr_ops++].kind == OP_EXIT;
	} while (accept(';'));
}

static void parse_location(void)
{
	struct scenario_location *location;

	next_word();
	if (!accept('='))
		bad("neither a page, a hole, a variable, a file nor a column");
	if (!strncmp(word, "page=", 5))
		location = new_location(scenario_pages, &nr_scenario_pages, SCENARIO_PAGE);
	else if (!strncmp(word, "hole=", 5))
		location = new_location(scenario_pages, &nr_scenario_pages, SCENARIO_HOLE);
	else if (!strncmp(word, "var=", 4))
		location = new_location(scenario_vars, &nr_scenario_vars, SCENARIO_VAR);
	else if (!strncmp(word, "file=", 5))
		location = new_location(scenario_files, &nr_scenario_files, SCENARIO_FILE);
	else
		bad("neither a page, a hole, a variable, a file nor a column");
	while (accept(','))
		parse_attribute(location);
}

static bool is_column(const char *text)
{
	return text[0] == 'P' && text[1] >= '0' && text[1] <= '9' && text[2] == '=';
}

/* Columns name locations, so those are read first, wherever they stand. */
void scenario_parse(void)
{
	int pass;
	u32 i;

	for (pass = 0; pass < 2; pass++) {
		for (i = 1; (argument = arg_text(i)); i++) {
			if (is_column(argument) != pass)
				continue;
			word = at = argument;
			if (pass)
				parse_column();
			else
				parse_location();
			if (*at) {
				word = at;
				next_word();
				bad("not expected here");
			}
		}
	}
	if (!nr_scenario_columns)
		die("scenario: there is no column: P0=OP;OP...");
	for (i = 0; i < nr_scenario_columns && scenario_columns[i].exits; i++)
		;
	if (i == nr_scenario_columns)
		die("scenario: every column ends in exit, so none can print the results");
}
