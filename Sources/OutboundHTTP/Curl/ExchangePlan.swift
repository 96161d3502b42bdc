import Foundations

/// One request, checked before any look-up or connection.
struct ExchangePlan: Sendable {
    let request: OutboundRequest
    let target: OutboundURL
    /// The name that must be looked up, with every address checked, before connecting; with nil, libcurl does it.
    let nameToVet: String?
    /// Whether the request goes through the proxy that is the only way out, which looks the name up.
    let isProxied: Bool
    /// When the whole exchange must be over.
    let deadline: ContinuousClock.Instant
    /// When name resolution must be over.
    let resolutionDeadline: ContinuousClock.Instant

    init(
        _ request: OutboundRequest,
        deadline: ContinuousClock.Instant,
        proxy: CurlClient.Proxy = .none
    ) throws(OutboundError) {
        try Self.checkMethod(request.method)
        try Self.checkHeaderFields(request.headerFields)
        self.request = request
        self.target = try OutboundURL(request.url)
        self.isProxied = proxy.isMandatory(for: target.host)
        let name = try request.addressPolicy.isStrict ? Self.nameToVet(target.host, request.addressPolicy) : nil
        self.nameToVet = isProxied ? nil : name
        if isProxied { try Self.checkLiteral(target.host, request.addressPolicy) }
        self.deadline = deadline
        self.resolutionDeadline = min(deadline, ContinuousClock.now.advanced(by: request.limits.connectTimeout))
    }

    private static func nameToVet(_ host: String, _ policy: AddressPolicy) throws(OutboundError) -> String? {
        switch HostSpelling.classify(host) {
        case .name(let name): return name
        case .address(let address) where policy.permits(address): return nil
        case .address(let address): throw OutboundError(.addressRefused, "\(address) is not a permitted address")
        case .refused(let reason): throw OutboundError(.addressRefused, reason)
        }
    }

    /// The connected address will be the proxy's: an address in the URL is judged here or nowhere.
    private static func checkLiteral(_ host: String, _ policy: AddressPolicy) throws(OutboundError) {
        guard case .address(let address) = HostSpelling.classify(host), !policy.permits(address) else { return }
        throw OutboundError(.addressRefused, "\(address) is not a permitted address")
    }

    // RFC 9110 §9.1: methods are case-sensitive; registered ones are in upper case.
    private static func checkMethod(_ method: String) throws(OutboundError) {
        guard (1...16).contains(method.utf8.count), method.utf8.allSatisfy({ $0 &- 0x41 < 26 }), method != "CONNECT"
        else {
            throw OutboundError(.invalidRequest, "method is not allowed")
        }
    }

    // RFC 9110 §5.5: a line break in a value would start a field, or a request, that an attacker wrote.
    private static func checkHeaderFields(_ fields: [(name: String, value: String)]) throws(OutboundError) {
        for field in fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenByte) else {
                throw OutboundError(.invalidRequest, "header field name is malformed")
            }
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
                throw OutboundError(.invalidRequest, "header field value of \(field.name) is malformed")
            }
            guard !framingFields.contains(field.name.lowercasedASCII) else {
                throw OutboundError(.invalidRequest, "header field \(field.name) must not be set by the caller")
            }
        }
    }

    // RFC 9110 §5.6.2: the characters of a token.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// Fields that say where the message goes or ends: a second statement of those makes request smuggling possible.
    private static let framingFields: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "expect", "te", "trailer", "upgrade",
        "proxy-authorization", "proxy-connection",
    ]
}
