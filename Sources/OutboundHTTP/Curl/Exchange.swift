internal import CCurl
import Foundations

/// One transfer on the loop's thread: its handle, what was received so far, and the waiting caller.
@safe final class Exchange {
    let submission: Submission
    /// When the current phase must be over.
    var deadline: ContinuousClock.Instant
    /// Whether the addresses of its name are being looked up.
    var isLookingUp = false
    /// Whether the handle is in the multi handle.
    var isRunning = false
    var collector: ResponseCollector
    /// The address that the policy refused, if any; libcurl only reports that no connection was made.
    var refusedAddress: RemoteAddress?
    /// How many times the request was about to be written.
    var attempts = 0
    /// Whether the transfer goes to the configured Unix socket.
    private(set) var usesUnixSocket = false
    private(set) var easy: UnsafeMutableRawPointer?
    private var lists: [UnsafeMutablePointer<curl_slist>]
    private let message: UnsafeMutableBufferPointer<CChar>

    var request: OutboundRequest { submission.plan.request }

    /// The host in lower case, as requests are counted.
    var host: String { submission.plan.target.host.lowercasedASCII }

    init(_ submission: Submission) {
        self.submission = submission
        self.deadline = submission.plan.deadline
        self.collector = ResponseCollector(limits: submission.plan.request.limits)
        unsafe self.lists = []
        unsafe self.message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe self.message.initialize(repeating: 0)
    }

    deinit {
        unsafe message.deallocate()
    }

    /// Makes the handle, ready to run.
    ///
    /// The handle must not outlive the exchange, to which its callbacks point.
    func makeHandle(
        _ configuration: CurlClient.Configuration,
        _ trustAnchors: TrustAnchors,
        vettedAddresses: [RemoteAddress]?
    ) throws(OutboundError) -> UnsafeMutableRawPointer {
        guard let easy = unsafe curl_easy_init() else {
            throw OutboundError(.overloaded, "libcurl cannot create a handle")
        }
        unsafe self.easy = unsafe easy
        usesUnixSocket = configuration.unixSocket != nil
        var options = unsafe EasyOptions(easy)
        options.setSafety(configuration, submission.plan)
        options.setContentDecoding(request.decodesContent)
        options.setTrust(trustAnchors)
        options.setTarget(submission.plan.target, url: request.url, connectTimeout: request.limits.connectTimeout)
        options.setMessage(method: request.method, body: request.body)
        unsafe options.set(CURLOPT_HTTPHEADER, list(headerLines(configuration)))
        if let vettedAddresses { unsafe options.set(CURLOPT_RESOLVE, list([pinning(vettedAddresses)])) }
        unsafe options.setCallbacks(Unmanaged.passUnretained(self).toOpaque(), errorText: message.baseAddress)
        guard options.failure == CURLE_OK else {
            throw OutboundError(.invalidConfiguration, "libcurl refuses an option")
        }
        return unsafe easy
    }

    /// The result, from libcurl's code and our own observations.
    func outcome(of code: CURLcode) -> Result<OutboundResponse, OutboundError> {
        if let failure = collector.failure { return .failure(failure) }
        guard code == CURLE_OK, let easy = unsafe easy else {
            let error = unsafe OutboundError(code, host: host, refused: refusedAddress, text: String(cString: text))
            // A proxy that refuses the tunnel breaks the connection before the request is written.
            guard submission.plan.isProxied, error.code == .connectionLost, attempts == 0 else {
                return .failure(error)
            }
            return .failure(OutboundError(.connectFailed, "\(host): the proxy refuses the connection"))
        }
        let status = unsafe gatehouse_curl_response_code(easy)
        guard (200...599).contains(status) else {
            return .failure(OutboundError(.protocolError, "status is not valid"))
        }
        return .success(OutboundResponse(status: status, headerFields: collector.headerFields, body: collector.body))
    }

    /// Frees the handle and resumes the waiting caller; called once, after the handle left the multi handle.
    func complete(_ result: Result<OutboundResponse, OutboundError>) {
        if let easy = unsafe easy { unsafe curl_easy_cleanup(easy) }
        unsafe easy = nil
        while let list = unsafe lists.popLast() { unsafe curl_slist_free_all(list) }
        submission.continuation.resume(returning: result)
    }

    private var text: UnsafePointer<CChar> { unsafe UnsafePointer(message.baseAddress.unsafelyUnwrapped) }

    private func headerLines(_ configuration: CurlClient.Configuration) -> [String] {
        // libcurl's syntax: "Name;" sends a field without a value, "Name:" suppresses a field that libcurl would send.
        var lines = request.headerFields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        let names = Set(request.headerFields.map(\.name.lowercasedASCII))
        if !names.contains("user-agent") { lines.append("User-Agent: \(configuration.userAgent)") }
        if !names.contains("content-type") { lines.append("Content-Type:") }
        lines.append("Expect:")
        return lines
    }

    /// An entry for libcurl's own address cache, so that the name is not looked up a second time (D-83).
    private func pinning(_ addresses: [RemoteAddress]) -> String {
        let list = addresses.prefix(16).map { address in
            if case .v6 = address { return "[\(address)]" }
            return "\(address)"
        }
        // With "+" the entry ages like any other and does not stay for the life of the loop.
        return "+\(host):\(submission.plan.target.port):\(list.joined(separator: ","))"
    }

    private func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = unsafe curl_slist_append(list, line) else { break }
            unsafe list = unsafe longer
        }
        if let list = unsafe list { unsafe lists.append(list) }
        return unsafe list
    }
}
