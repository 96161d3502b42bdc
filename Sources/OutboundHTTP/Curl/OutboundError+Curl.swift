internal import CCurl

extension OutboundError {
    /// Maps libcurl's result to the kinds of failure that callers distinguish.
    ///
    /// libcurl's text becomes the reason for TLS failures only, where it says why a certificate was refused; elsewhere
    /// it might repeat what the server sent.
    init(_ result: CURLcode, host: String, refused: RemoteAddress?, text: String) {
        if let refused {
            self.init(.addressRefused, "\(host) has the address \(refused), which is not permitted")
            return
        }
        let code = Self.code(of: result)
        let detail = code == .tls && !text.isEmpty ? text : unsafe String(cString: curl_easy_strerror(result))
        self.init(code, "\(host): \(Self.printable(detail))")
    }

    private static func code(of result: CURLcode) -> Code {
        switch result {
        case CURLE_URL_MALFORMAT: .invalidURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolveFailed
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: .connectFailed
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_FILESIZE_EXCEEDED: .tooLarge
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED,
            CURLE_SSL_ENGINE_INITFAILED:
            .tls
        // The before-request callback aborts a second attempt: the first one's connection was lost.
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_ABORTED_BY_CALLBACK:
            .connectionLost
        case CURLE_OUT_OF_MEMORY: .overloaded
        default: .protocolError
        }
    }

    /// Text that may contain parts of a certificate: printable ASCII, at most one line.
    private static func printable(_ text: String) -> String {
        String(decoding: text.utf8.lazy.filter { (0x20...0x7e).contains($0) }.prefix(200), as: UTF8.self)
    }
}
