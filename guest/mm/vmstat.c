/* vmstat.c - storage and printing of the counters that vmstat.h declares. */
#include "cpumask.h"
#include "printk.h"
#include "vmstat.h"

DEFINE_PER_CPU_ALIGNED(struct vm_event_state, vm_event_states);

static const char *const vmstat_text[] = {
#define X(name) #name,
	VM_EVENTS(X)
#undef X
};

unsigned long vm_event_total(enum vm_event_item item)
{
	unsigned long sum = 0;
	int cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu(vm_event_states, cpu).event[item]);
	return sum;
}

void vmstat_print(void)
{
	int item;

	for (item = 0; item < NR_VM_EVENT_ITEMS; item++)
		printk("vmstat: %s %lu\n", vmstat_text[item], vm_event_total(item));
}
