// Linux system calls that Glibc's module map leaves out: epoll, eventfd, accept4, prctl.
//
// Declared by hand: the system's headers would bring timespec, sigset_t and others along, and Swift would then find
// those types in two modules. The layouts and numbers are the kernel's interface and do not change.
#ifndef GATEHOUSE_CLINUX_H
#define GATEHOUSE_CLINUX_H

#include <stdint.h>

#if defined(__x86_64__)
#define GATEHOUSE_EPOLL_PACKED __attribute__((packed))
#else
#define GATEHOUSE_EPOLL_PACKED
#endif

// The kernel's struct epoll_event with the data as a number.
struct gatehouse_epoll_event {
    uint32_t events;
    uint64_t token;
} GATEHOUSE_EPOLL_PACKED;

struct epoll_event;
struct sockaddr;
extern int epoll_create1(int flags);
extern int epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event);
extern int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout);
extern int eventfd(unsigned int value, int flags);
extern int eventfd_write(int descriptor, uint64_t value);
extern int accept4(int descriptor, struct sockaddr *address, unsigned int *length, int flags);
extern int prctl(int option, ...);
extern int pthread_setname_np(unsigned long thread, const char *name);

// A descriptor for epoll that is closed on exec.
static inline int gatehouse_epoll_create(void) {
    return epoll_create1(02000000);
}

static inline int gatehouse_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct gatehouse_epoll_event event = {events, token};
    return epoll_ctl(epoll, 1, descriptor, (struct epoll_event *)&event);
}

static inline int gatehouse_epoll_remove(int epoll, int descriptor) {
    struct gatehouse_epoll_event event = {0, 0};
    return epoll_ctl(epoll, 2, descriptor, (struct epoll_event *)&event);
}

static inline int gatehouse_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct gatehouse_epoll_event event = {events, token};
    return epoll_ctl(epoll, 3, descriptor, (struct epoll_event *)&event);
}

static inline int gatehouse_epoll_wait(int epoll, struct gatehouse_epoll_event *events, int count, int timeout) {
    return epoll_wait(epoll, (struct epoll_event *)events, count, timeout);
}

// A descriptor for wake-ups: non-blocking, closed on exec.
static inline int gatehouse_eventfd(void) {
    return eventfd(0, 02000000 | 04000);
}

static inline void gatehouse_eventfd_wake(int descriptor) {
    (void)eventfd_write(descriptor, 1);
}

// Accepts with SOCK_NONBLOCK and the like; the address is a sockaddr_storage or NULL.
static inline int gatehouse_accept4(int descriptor, void *address, unsigned int *length, int flags) {
    return accept4(descriptor, (struct sockaddr *)address, length, flags);
}

// PR_SET_DUMPABLE with 0: no core dumps, and no access to the memory by processes of the same user.
static inline int gatehouse_forbid_dumps(void) {
    return prctl(4, 0UL, 0UL, 0UL, 0UL);
}

// PR_GET_DUMPABLE.
static inline int gatehouse_is_dumpable(void) {
    return prctl(3, 0UL, 0UL, 0UL, 0UL);
}

static inline void gatehouse_set_thread_name(unsigned long thread, const char *name) {
    (void)pthread_setname_np(thread, name);
}

// Bounds how long a name look-up on the calling thread waits for name servers that do not answer: `seconds` for each
// server that is asked, and at most two questions for a single server.
void gatehouse_bound_resolver(int seconds);

// SOCK_STREAM: in an optimized build the importer finds the enumerator in no module when several C modules have it.
int gatehouse_stream_socket(void);

// Sends one datagram to a Unix socket; a path that begins with @ is in the abstract name space. Returns -1 with errno.
int gatehouse_send_datagram(const char *path, const void *bytes, unsigned long count);

// Binds a path, which must be free, with the file's mode from its first moment on, and listens: a non-blocking
// descriptor that is closed on exec, or -1 with errno; ENAMETOOLONG for a path of more than 107 bytes.
int gatehouse_unix_listen(const char *path, unsigned int mode, int backlog);

// Connects to a path without waiting; -1 with errno, which is ECONNREFUSED for a file that no process listens on.
int gatehouse_unix_connect(const char *path);

// SO_PEERCRED: the user whose process connected, as the kernel recorded it then. Returns -1 with errno.
int gatehouse_peer_user(int descriptor, unsigned int *user);

#endif
