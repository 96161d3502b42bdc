// Counts heap allocations: linking this target replaces the C library's allocation functions by ones that count first.
#ifndef GATEHOUSE_CALLOCATIONCOUNT_H
#define GATEHOUSE_CALLOCATIONCOUNT_H

#include <stdint.h>

// How many blocks the calling thread has asked for so far: by malloc and its relatives, whoever called them.
uint64_t gatehouse_allocation_count(void);

#endif
