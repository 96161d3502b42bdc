internal import CCurl

/// The process-wide state of libcurl.
enum CurlLibrary {
    /// Whether libcurl is initialized and recent enough; the first reader initializes it.
    static let isReady: Bool = {
        // 3 is CURL_GLOBAL_ALL, a macro that Swift does not import. Initialization is thread-safe since 7.84,
        // CURLOPT_PROTOCOLS_STR exists since 7.85, the cache of CA files since 7.87.
        curl_global_init(3) == CURLE_OK && gatehouse_curl_version_number() >= 0x07_5700
    }()
}
