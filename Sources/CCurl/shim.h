// libcurl as Swift sees it. curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic in C, which Swift
// cannot call: here is one plain function for each kind of argument.
#ifndef GATEHOUSE_CCURL_H
#define GATEHOUSE_CCURL_H

#include <curl/curl.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef size_t (*gatehouse_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);

static inline unsigned int gatehouse_curl_version_number(void) {
    return curl_version_info(CURLVERSION_NOW)->version_num;
}

static inline CURLcode gatehouse_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_data_callback(
    CURL *handle, CURLoption option, gatehouse_curl_data_callback callback) {
    return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode gatehouse_curl_set_open_socket_callback(CURL *handle, curl_opensocket_callback callback) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline CURLcode gatehouse_curl_set_before_request_callback(CURL *handle, curl_prereq_callback callback) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, callback);
}

static inline long gatehouse_curl_response_code(CURL *handle) {
    long code = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0;
}

static inline CURLMcode gatehouse_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// The next finished transfer's CURLOPT_PRIVATE pointer and result, or NULL when there is none left to read.
static inline void *gatehouse_curl_next_finished(CURLM *multi, CURLcode *result) {
    CURLMsg *message;
    int remaining = 0;
    while ((message = curl_multi_info_read(multi, &remaining)) != NULL) {
        char *context = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context) == CURLE_OK && context != NULL) {
            return context;
        }
    }
    return NULL;
}

// An anonymous file in memory, closed on exec, or -1; glibc hides memfd_create from a plain C dialect.
static inline int gatehouse_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 1U /* MFD_CLOEXEC */);
}

#endif
