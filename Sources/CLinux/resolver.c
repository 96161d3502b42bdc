#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

#include "CLinux.h"

// glibc keeps the state of its stub resolver per thread; a state that was changed is not reloaded.
void gatehouse_bound_resolver(int seconds) {
    if (!(_res.options & RES_INIT) && res_init() != 0) return;
    if (_res.retrans > seconds) _res.retrans = seconds;
    // Each attempt asks every name server, so one attempt asks several often enough.
    int attempts = _res.nscount > 1 ? 1 : 2;
    if (_res.retry > attempts) _res.retry = attempts;
}

int gatehouse_stream_socket(void) { return SOCK_STREAM; }
