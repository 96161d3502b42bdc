#define _GNU_SOURCE
#include "CFloorServer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384, EVENTS = 256 };

// A connection, with what has arrived of a request.
struct connection {
    int descriptor;
    size_t count;
    unsigned char bytes[BUFFER_BYTES];
};

// The length of the request that the bytes begin with, or 0 while it is incomplete.
static size_t request_length(const unsigned char *bytes, size_t count) {
    const unsigned char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    size_t head = (size_t)(end - bytes) + 4;
    size_t body = 0;
    for (const unsigned char *line = bytes; line < end;) {
        const unsigned char *next = memchr(line, '\n', (size_t)(end + 2 - line));
        if (next == NULL) break;
        line = next + 1;
        if (line < end && strncasecmp((const char *)line, "content-length:", 15) == 0) {
            body = strtoul((const char *)line + 15, NULL, 10);
            break;
        }
    }
    return count >= head + body ? head + body : 0;
}

static void drop(int epoll, struct connection *connection) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, connection->descriptor, NULL);
    close(connection->descriptor);
    free(connection);
}

static int take(int epoll, int listener) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return errno == EAGAIN || errno == ECONNABORTED ? 0 : errno;
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *connection = malloc(sizeof *connection);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (connection == NULL || epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        free(connection);
        close(descriptor);
        return ENOMEM;
    }
    connection->descriptor = descriptor;
    connection->count = 0;
    return 0;
}

// 0 to go on, -1 to close the connection, -2 to end the server.
static int serve(
    struct connection *connection, unsigned char *answer, size_t length, gatehouse_floor_prepare prepare, void *context
) {
    ssize_t received = recv(
        connection->descriptor, connection->bytes + connection->count, BUFFER_BYTES - 1 - connection->count, 0
    );
    if (received < 0 && errno == EAGAIN) return 0;
    if (received <= 0) return -1;
    connection->count += (size_t)received;
    // Ends the text for strtoul.
    connection->bytes[connection->count] = 0;
    size_t used;
    while ((used = request_length(connection->bytes, connection->count)) > 0) {
        if (prepare != NULL && !prepare(context, answer)) return -2;
        if (send(connection->descriptor, answer, length, MSG_NOSIGNAL) != (ssize_t)length) return -1;
        connection->count -= used;
        memmove(connection->bytes, connection->bytes + used, connection->count + 1);
    }
    return connection->count < BUFFER_BYTES - 1 ? 0 : -1;
}

int gatehouse_floor_serve(
    int listener, unsigned char *answer, size_t length, gatehouse_floor_prepare prepare, void *context
) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) return errno;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR) return errno;
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection == NULL) {
                int failure = take(epoll, listener);
                if (failure != 0) return failure;
                continue;
            }
            int result = serve(connection, answer, length, prepare, context);
            if (result == -2) return EIO;
            if (result == -1) drop(epoll, connection);
        }
    }
}
