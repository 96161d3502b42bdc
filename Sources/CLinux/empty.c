// CLinux is a header-only target; SwiftPM wants one source file.
#include "CLinux.h"
