/// Collects a response line by line and chunk by chunk, and stops when a limit is exceeded.
struct ResponseCollector {
    private let limits: OutboundRequest.Limits
    private(set) var headerFields: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private(set) var failure: OutboundError?
    private var headerBytes = 0
    private var isHeaderComplete = false

    init(limits: OutboundRequest.Limits) {
        self.limits = limits
    }

    /// Takes one header line from libcurl, status lines included; false aborts the transfer.
    mutating func takeHeaderLine(_ line: Span<UInt8>) -> Bool {
        headerBytes += line.count
        guard headerBytes <= limits.headerBytesMax else { return fail(.tooLarge, "header exceeds its limit") }
        let text = String(copying: line)
        if text.hasPrefix("HTTP/") {
            // RFC 9110 §15.2: the earlier lines belonged to an interim response.
            headerFields = []
            isHeaderComplete = false
            return true
        }
        // RFC 9110 §6.5.1: a trailer is not merged into the header; a late Content-Type would change decisions already
        // made.
        if isHeaderComplete { return true }
        if text == "\r\n" || text == "\n" {
            isHeaderComplete = true
            return true
        }
        // RFC 9112 §5.2: obs-fold is refused.
        guard !text.hasPrefix(" "), !text.hasPrefix("\t") else { return fail(.protocolError, "folded header line") }
        return takeField(text)
    }

    /// Takes the next bytes of the body; false aborts the transfer.
    mutating func takeBody(_ chunk: Span<UInt8>) -> Bool {
        guard chunk.count <= limits.responseBytesMax - body.count else {
            return fail(.tooLarge, "body exceeds \(limits.responseBytesMax) bytes")
        }
        unsafe chunk.withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
        return true
    }

    private mutating func takeField(_ line: String) -> Bool {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            return fail(.protocolError, "header line without a name")
        }
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d || $0 == 0x0a }
        var value = line.utf8[line.utf8.index(after: colon)...]
        value = value.drop(while: isSpace)
        while let last = value.last, isSpace(last) { value.removeLast() }
        headerFields.append((String(line[..<colon]), String(decoding: value, as: UTF8.self)))
        return true
    }

    private mutating func fail(_ code: OutboundError.Code, _ reason: String) -> Bool {
        failure = OutboundError(code, reason)
        return false
    }
}

extension String {
    fileprivate init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
