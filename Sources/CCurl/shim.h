// libcurl as Swift sees it; curl_easy_setopt and friends are variadic in C.
#ifndef GATEHOUSE_CCURL_H
#define GATEHOUSE_CCURL_H

#include <curl/curl.h>

#endif
