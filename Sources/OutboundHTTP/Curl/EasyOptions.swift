internal import CCurl

/// Sets the options of one transfer and remembers the first that libcurl refuses: none of them is dispensable.
@safe struct EasyOptions {
    private let easy: UnsafeMutableRawPointer
    private(set) var failure = CURLE_OK

    init(_ easy: UnsafeMutableRawPointer) {
        unsafe self.easy = unsafe easy
    }

    /// The options of every transfer: libcurl does nothing on its own.
    mutating func setSafety(_ configuration: CurlClient.Configuration, _ plan: ExchangePlan) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_MAXLIFETIME_CONN, 600)
        if let path = configuration.unixSocket {
            set(CURLOPT_UNIX_SOCKET_PATH, path)
            set(CURLOPT_PROXY, "")
            set(CURLOPT_NOPROXY, "*")
        } else if plan.isProxied || !plan.request.addressPolicy.isStrict {
            setProxy(configuration.proxy, isProxied: plan.isProxied)
        } else {
            set(CURLOPT_PROXY, "")
            set(CURLOPT_NOPROXY, "*")
        }
    }

    /// Bodies are counted and returned as they arrive, so a gzip bomb stays small (D-85).
    ///
    /// Where decoding is wanted, libcurl delivers the decoded bytes in pieces, which are counted, so that a bomb ends
    /// the transfer at the bound.
    mutating func setContentDecoding(_ isOn: Bool) {
        set(CURLOPT_HTTP_CONTENT_DECODING, isOn ? 1 : 0)
        if isOn { set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate") }
    }

    /// TLS 1.2 or later; the certificate and its name are always verified.
    mutating func setTrust(_ trustAnchors: TrustAnchors) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        guard let path = trustAnchors.path else { return }
        set(CURLOPT_CAINFO, path)
        set(CURLOPT_PROXY_CAINFO, path)
        // The directory would add certificates that the chosen file omits, and would keep libcurl from caching.
        set(CURLOPT_CAPATH, String?.none)
        set(CURLOPT_CA_CACHE_TIMEOUT, 3600)
    }

    mutating func setTarget(_ target: OutboundURL, url: String, connectTimeout: Duration) {
        set(CURLOPT_URL, url)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // One HTTP/2 connection for many requests instead of many connections at once.
        set(CURLOPT_PIPEWAIT, target.isHTTPS ? 1 : 0)
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, connectTimeout.milliseconds))
        set(CURLOPT_TCP_KEEPALIVE, 1)
    }

    mutating func setMessage(method: String, body: [UInt8]) {
        if method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        } else if method == "POST" || !body.isEmpty {
            set(CURLOPT_POST, 1)
            note(unsafe gatehouse_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, body.count))
            unsafe body.withUnsafeBytes { bytes in
                // The size comes before the bytes, so that they are copied by count; even an empty body needs a
                // pointer.
                let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(easy))
                note(unsafe gatehouse_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start))
            }
        }
        if !["GET", "HEAD", "POST"].contains(method) || method == "GET" && !body.isEmpty {
            set(CURLOPT_CUSTOMREQUEST, method)
        }
    }

    mutating func setCallbacks(_ exchange: UnsafeMutableRawPointer, errorText: UnsafeMutablePointer<CChar>?) {
        note(unsafe gatehouse_curl_set_data_callback(easy, CURLOPT_HEADERFUNCTION, CurlCallbacks.headerLine))
        note(unsafe gatehouse_curl_set_data_callback(easy, CURLOPT_WRITEFUNCTION, CurlCallbacks.body))
        note(unsafe gatehouse_curl_set_open_socket_callback(easy, CurlCallbacks.openSocket))
        note(unsafe gatehouse_curl_set_before_request_callback(easy, CurlCallbacks.beforeRequest))
        for option in [
            CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA, CURLOPT_PRIVATE,
        ] {
            note(unsafe gatehouse_curl_set_pointer(easy, option, exchange))
        }
        note(unsafe gatehouse_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(unsafe gatehouse_curl_set_long(easy, option, value))
    }

    mutating func set(_ option: CURLoption, _ value: String?) {
        note(unsafe gatehouse_curl_set_string(easy, option, value))
    }

    mutating func set(_ option: CURLoption, _ list: UnsafeMutablePointer<curl_slist>?) {
        note(unsafe gatehouse_curl_set_list(easy, option, list))
    }

    private mutating func setProxy(_ proxy: CurlClient.Proxy, isProxied: Bool) {
        switch proxy {
        case .environment: break
        case .none: set(CURLOPT_PROXY, "")
        case .url(let url):
            set(CURLOPT_PROXY, url)
            set(CURLOPT_NOPROXY, "")
        case .mandatory(let url, let credentials, _):
            set(CURLOPT_PROXY, isProxied ? url : "")
            set(CURLOPT_NOPROXY, isProxied ? "" : "*")
            if isProxied, let credentials { set(CURLOPT_PROXYUSERPWD, credentials) }
        }
    }

    private mutating func note(_ code: CURLcode) {
        if failure == CURLE_OK { failure = code }
    }
}
