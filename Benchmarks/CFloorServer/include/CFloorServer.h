// The floor of a server on sockets: an epoll loop that reads whole requests and answers each with prepared bytes.
//
// No router, no parser of fields, no limits, no deadlines: what remains is what the kernel and the loop cost any server.
// It belongs to the benchmarks, on loopback; it must never be used for anything else.
#ifndef GATEHOUSE_CFLOORSERVER_H
#define GATEHOUSE_CFLOORSERVER_H

#include <stddef.h>

// Changes the answer before it is sent; 0 ends the server.
typedef int (*gatehouse_floor_prepare)(void *context, unsigned char *answer);

// Answers every request on every connection of a listening socket until something fails; returns the failed call's errno.
// `prepare` may be NULL: then the answer is constant.
int gatehouse_floor_serve(
    int listener, unsigned char *answer, size_t length, gatehouse_floor_prepare prepare, void *context
);

#endif
