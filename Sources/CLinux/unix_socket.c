#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "CLinux.h"

// Writes the address of a path; its terminating zero must fit, because other programs expect one.
static int address_of(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length == 0 || length >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address->sun_path, path, length);
    return 0;
}

static int closing(int descriptor) {
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

int gatehouse_unix_listen(const char *path, unsigned int mode, int backlog) {
    struct sockaddr_un address;
    if (address_of(path, &address) != 0) return -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    // Before bind, which gives the file the mode of the socket: there is no moment in which others could connect, and
    // no path that could be exchanged for another file.
    if (fchmod(descriptor, mode) != 0) return closing(descriptor);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return closing(descriptor);
    if (listen(descriptor, backlog) != 0) {
        unlink(path);
        return closing(descriptor);
    }
    return descriptor;
}

int gatehouse_unix_connect(const char *path) {
    struct sockaddr_un address;
    if (address_of(path, &address) != 0) return -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return closing(descriptor);
    return descriptor;
}

// The kernel's struct ucred, which the C library hides from a plain C dialect.
struct peer_credentials {
    int process;
    unsigned int user;
    unsigned int group;
};

int gatehouse_peer_user(int descriptor, unsigned int *user) {
    struct peer_credentials peer;
    socklen_t length = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, 17 /* SO_PEERCRED */, &peer, &length) != 0) return -1;
    if (length != sizeof peer) {
        errno = EINVAL;
        return -1;
    }
    *user = peer.user;
    return 0;
}
