/*
 * lookup.c - cross-section lookups in the manner of XSBench (Tramm et al., 2014):
 * threads draw an energy, find it in a sorted grid by binary search, and gather the
 * data of a material's nuclides around it. The tables are larger than the fast
 * node, filled once, and read-only from then on. Most energies come from a hot
 * window that moves from phase to phase, as a simulation's spectrum does.
 *
 *	threads=N	default: one per CPU
 *	size=BYTES	of all tables together (128M)
 *	lookups=N	in all (2M)
 *	phases=N	positions of the hot window (8)
 *	hot=N		the window is 1/N of the energy range (4)
 *	cold=N		one lookup in N draws from the whole range (16)
 *
 * Layout, for each of the `points` energies of the unified grid:
 *	energy[i]		u64, increasing
 *	index[i][nuclide]	u32, the nuclide's own grid point at or below energy[i]
 *	data[nuclide][k]	energy and cross-sections of the nuclide's k-th grid point
 * Every grid point of the union belongs to one nuclide.
 */
#include "libc.h"

#define NUCLIDES 16
#define REACTIONS 5
#define MATERIALS 12
#define ENERGY_STEP 4096UL

struct grid_point {
	u64 energy;
	u64 xs[REACTIONS];
};

static u64 points, lookups, phases, hot, cold, nr_threads;
static u64 *energy;
static u32 (*index_grid)[NUCLIDES];
static struct grid_point *data[NUCLIDES];

struct worker {
	struct thread thread;
	u64 id, sum;
};

/* Round-robin in a shuffled order: every nuclide gets points / NUCLIDES points, near each other in energy. */
static unsigned int owner(u64 i)
{
	return (i + mix64(i / NUCLIDES)) % NUCLIDES;
}

static void *table(u64 bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (p == MAP_FAILED)
		die("lookup: no address space for %lu bytes", bytes);
	return p;
}

static void seal(void *p, u64 bytes)
{
	if (mprotect(p, bytes, PROT_READ))
		die("lookup: mprotect failed");
}

static void fill(void)
{
	u64 per_nuclide = points / NUCLIDES, i;
	u32 last[NUCLIDES] = { 0 };
	unsigned int n, r;

	energy = table(points * sizeof(*energy));
	index_grid = table(points * sizeof(*index_grid));
	for (n = 0; n < NUCLIDES; n++)
		data[n] = table(per_nuclide * sizeof(struct grid_point));
	for (i = 0; i < points; i++) {
		u64 hash = mix64(i), k = i / NUCLIDES;
		struct grid_point *g;

		n = owner(i);
		energy[i] = i * ENERGY_STEP + hash % ENERGY_STEP;
		last[n] = k;
		memcpy(index_grid[i], last, sizeof(last));
		g = &data[n][k];
		g->energy = energy[i];
		for (r = 0; r < REACTIONS; r++)
			g->xs[r] = (hash >> (r * 8)) & 0xffff;
	}
	seal(energy, points * sizeof(*energy));
	seal(index_grid, points * sizeof(*index_grid));
	for (n = 0; n < NUCLIDES; n++)
		seal(data[n], per_nuclide * sizeof(struct grid_point));
}

/* The last grid point at or below e. */
static u64 grid_search(u64 e)
{
	u64 low = 0, high = points - 1;

	while (high - low > 1) {
		u64 mid = low + (high - low) / 2;

		if (energy[mid] > e)
			high = mid;
		else
			low = mid;
	}
	return low;
}

/* Energies are integers; the window wraps around at the top of the range. */
static u64 draw_energy(u64 hash, u64 phase)
{
	u64 range = points * ENERGY_STEP, window = range / hot;

	if (hash % cold == 0)
		return mix64(hash) % range;
	return (phase * (range / phases) + mix64(hash) % window) % range;
}

/* Linear interpolation between a nuclide's two points around e, in 16.16 fixed point. */
static void gather(u64 e, unsigned int n, u64 i, u64 xs[REACTIONS])
{
	u64 k = index_grid[i][n];
	const struct grid_point *low, *high;
	u64 f;
	unsigned int r;

	if (k == points / NUCLIDES - 1)
		k--;
	low = &data[n][k];
	high = low + 1;
	f = e <= low->energy ? 0 : ((e - low->energy) << 16) / (high->energy - low->energy);
	for (r = 0; r < REACTIONS; r++)
		xs[r] += (low->xs[r] << 16) + f * (high->xs[r] - low->xs[r]);
}

static u64 lookup(u64 number, u64 phase)
{
	/* Materials differ in how many nuclides they hold: 2, 3, .. 13. */
	u64 hash = mix64(number + 1), e = draw_energy(hash, phase), i = grid_search(e), sum = 0;
	unsigned int material = (hash >> 32) % MATERIALS, count = material + 2, n, r;
	u64 xs[REACTIONS] = { 0 };

	for (n = 0; n < count; n++)
		gather(e, (material * 5 + n) % NUCLIDES, i, xs);
	for (r = 0; r < REACTIONS; r++)
		sum = mix64(sum ^ xs[r]);
	return sum;
}

/* Lookup number i is the same whoever does it, and sums commute: threads and schedules do not show. */
static void work(void *arg)
{
	struct worker *w = arg;
	u64 per_phase = lookups / phases, phase, i;

	for (phase = 0; phase < phases; phase++) {
		for (i = w->id; i < per_phase; i += nr_threads)
			w->sum += lookup(phase * per_phase + i, phase);
	}
}

int main(void)
{
	static struct worker workers[MAX_THREADS];
	u64 size = arg_u64("size", 128UL << 20), sum = 0, i;

	nr_threads = arg_u64("threads", online_cpus());
	lookups = arg_u64("lookups", 2UL << 20);
	phases = arg_u64("phases", 8);
	hot = arg_u64("hot", 4);
	cold = arg_u64("cold", 16);
	args_done();
	points = size / (sizeof(u64) + NUCLIDES * sizeof(u32) + sizeof(struct grid_point));
	points = ALIGN_DOWN(points, NUCLIDES);
	if (nr_threads < 1 || nr_threads > MAX_THREADS || points < 2 * NUCLIDES || !phases || !hot || !cold)
		die("lookup: threads must be 1..%d, size at least 4K, the others at least 1", MAX_THREADS);
	fill();
	printf("lookup: %lu grid points, %lu threads, %lu lookups\n", points, nr_threads, lookups);
	for (i = 0; i < nr_threads; i++) {
		workers[i].id = i;
		thread_create(&workers[i].thread, work, &workers[i], -1);
	}
	for (i = 0; i < nr_threads; i++) {
		thread_join(&workers[i].thread);
		sum += workers[i].sum;
	}
	print_checksum(sum);
	return 0;
}
