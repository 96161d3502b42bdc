// zlib as Swift sees it; deflateInit2 and inflateInit2 are macros in C.
#ifndef GATEHOUSE_CZLIB_H
#define GATEHOUSE_CZLIB_H

#include <zlib.h>

static inline int gatehouse_deflateInit2(z_streamp stream, int level, int windowBits) {
    return deflateInit2(stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
}

static inline int gatehouse_inflateInit2(z_streamp stream, int windowBits) {
    return inflateInit2(stream, windowBits);
}

#endif
