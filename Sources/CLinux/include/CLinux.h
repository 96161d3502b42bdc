// Linux system calls that Glibc's module map leaves out: epoll, eventfd, accept4.
// No _GNU_SOURCE here: it changes types that the Glibc module also defines.
#ifndef GATEHOUSE_CLINUX_H
#define GATEHOUSE_CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>

struct sockaddr;
extern int accept4(int descriptor, struct sockaddr *address, unsigned int *length, int flags);
extern int pthread_setname_np(unsigned long thread, const char *name);

// Accepts with SOCK_NONBLOCK and the like; the address is a sockaddr_storage or NULL.
static inline int gatehouse_accept4(int descriptor, void *address, unsigned int *length, int flags) {
    return accept4(descriptor, (struct sockaddr *)address, length, flags);
}

static inline void gatehouse_set_thread_name(unsigned long thread, const char *name) {
    (void)pthread_setname_np(thread, name);
}

#endif
