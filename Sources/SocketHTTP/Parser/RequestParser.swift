/// RFC 9112: HTTP/1.1 requests, read from bytes as they arrive.
///
/// A pure state machine: it is fed bytes and returns requests, and never touches a socket or a clock. How the stream is
/// cut into pieces makes no difference to the result. Input that two readers could interpret differently is refused,
/// because request smuggling relies on that difference.
package struct RequestParser: Sendable {
    /// The result of the bytes so far.
    package enum Outcome: Sendable {
        /// A complete request; more may follow it, so call `next()`.
        case request(ParsedRequest)
        /// No complete request yet.
        case needMore
        /// The request must be answered with this refusal; the parser refuses everything that follows.
        case reject(RequestRejection)
    }

    /// The part of the current request that is being read, which determines the deadline.
    package enum Progress: Sendable {
        /// No byte of it has arrived.
        case idle
        /// In the request line or the header fields.
        case head
        /// In the body.
        case body
    }

    private enum Phase: Sendable {
        case requestLine
        case fields
        case fixedBody(remaining: Int)
        case chunked(ChunkedBody)
        case rejected(RequestRejection)
    }

    /// Space for the field lines of nearly every request.
    private static let usualFieldCount = 16

    private let limits: RequestLimits
    private var phase = Phase.requestLine
    /// Received bytes; those before `start` belong to earlier requests.
    private var buffer: [UInt8] = []
    private var start = 0
    /// Where the line being read begins, and how far it was searched for its end.
    private var cursor = 0
    private var scanned = 0
    private var fieldsStart = 0
    private var hasSkippedEmptyLine = false
    private var head = RequestHead()
    private var lines: [FieldLines.Line] = []
    /// The head of a request whose body is still arriving, and the bytes that have arrived.
    private var detachedHead: [UInt8] = []
    private var body: [UInt8] = []
    private var owesContinue = false

    /// Makes a parser for one connection.
    package init(limits: RequestLimits = RequestLimits()) {
        self.limits = limits
    }

    /// The part of the current request that is being read.
    package var progress: Progress {
        switch phase {
        case .requestLine: buffer.count > start ? .head : .idle
        case .fields, .rejected: .head
        case .fixedBody, .chunked: .body
        }
    }

    /// The number of bytes held for incomplete requests.
    package var bufferedByteCount: Int { buffer.count + body.count + detachedHead.count }

    /// The memory that incomplete requests occupy, in bytes.
    var heldByteCount: Int { buffer.capacity + body.capacity + detachedHead.capacity }

    /// Feeds bytes and returns the result; empty spans are allowed.
    package mutating func feed(_ bytes: Span<UInt8>) -> Outcome {
        append(bytes)
        return next()
    }

    /// Feeds bytes without parsing them, for sources that arrive in several pieces.
    package mutating func append(_ bytes: Span<UInt8>) {
        if case .rejected = phase { return }
        buffer.append(bytes)
    }

    /// Continues with bytes that were fed before, such as further requests of a pipeline.
    package mutating func next() -> Outcome {
        if case .rejected(let rejection) = phase { return .reject(rejection) }
        do throws(RequestRejection) {
            guard let request = try advance() else {
                discardConsumed()
                return .needMore
            }
            return .request(request)
        } catch {
            phase = .rejected(error)
            buffer = []
            body = []
            return .reject(error)
        }
    }

    /// Reports once per request that the client waits for `100 Continue` before it sends the body.
    package mutating func takeContinueRequest() -> Bool {
        defer { owesContinue = false }
        // RFC 9110 §10.1.1: may be omitted when some of the body has already arrived.
        return owesContinue && body.isEmpty && buffer.count == cursor
    }

    private mutating func advance() throws(RequestRejection) -> ParsedRequest? {
        while true {
            switch phase {
            case .requestLine:
                guard try readRequestLine() else { return nil }
            case .fields:
                guard let line = try nextLine(limit: limits.fieldLineBytesMax, tooLong: .fieldsTooLarge) else {
                    return nil
                }
                if line.isEmpty {
                    if let request = try finishHead() { return request }
                } else {
                    try readField(line)
                }
            case .fixedBody(let remaining):
                guard let request = takeFixedBody(remaining) else { return nil }
                return request
            case .chunked(var chunks):
                var cursor = cursor
                var body = body
                self.body = []
                let isWhole = try chunks.advance(over: buffer.span, cursor: &cursor, into: &body, limits: limits)
                self.cursor = cursor
                self.body = body
                phase = .chunked(chunks)
                guard isWhole else { return nil }
                return finishDetached()
            case .rejected(let rejection):
                throw rejection
            }
        }
    }

    // MARK: The head

    /// The next line without its CR LF; `nil` while it has not ended.
    private mutating func nextLine(
        limit: Int,
        tooLong: RequestRejection
    ) throws(RequestRejection) -> Range<Int>? {
        guard let end = buffer.span.firstLineFeed(from: scanned) else {
            scanned = buffer.count
            // One byte over the limit may be the CR of a line that is just short enough.
            if buffer.count - cursor > limit + 1 { throw tooLong }
            if case .fields = phase, buffer.count - fieldsStart > limits.headerBlockBytesMax { throw tooLong }
            return nil
        }
        if end - cursor > limit + 1 { throw tooLong }
        if case .fields = phase, end + 1 - fieldsStart > limits.headerBlockBytesMax { throw tooLong }
        // RFC 9112 §2.2: a lone LF may be taken as a line end; two readers that differ on it can be smuggled through.
        guard end > cursor, buffer[end - 1] == .carriageReturn else { throw .bareLineFeed }
        let line = cursor..<(end - 1)
        cursor = end + 1
        scanned = cursor
        return line
    }

    private mutating func readRequestLine() throws(RequestRejection) -> Bool {
        guard let line = try nextLine(limit: limits.requestLineBytesMax, tooLong: .requestLineTooLong) else {
            return false
        }
        if line.isEmpty {
            // RFC 9112 §2.2: ignore one empty line before the request line, but not a stream of them.
            guard !hasSkippedEmptyLine else { throw .malformedRequestLine }
            hasSkippedEmptyLine = true
            start = cursor
            return true
        }
        var head = RequestHead()
        try head.readRequestLine(buffer.span, line, start: start)
        self.head = head
        lines.removeAll(keepingCapacity: true)
        lines.reserveCapacity(RequestParser.usualFieldCount)
        fieldsStart = cursor
        phase = .fields
        return true
    }

    private mutating func readField(_ line: Range<Int>) throws(RequestRejection) {
        guard lines.count < limits.fieldCountMax else { throw .tooManyFields }
        var head = head
        let ranges = try head.readField(buffer.span, line, start: start)
        self.head = head
        lines.append(ranges)
    }

    /// Determines the body's length; returns the request at once when all of it has arrived.
    private mutating func finishHead() throws(RequestRejection) -> ParsedRequest? {
        switch try head.framing(limits: limits) {
        case .fixed(let length) where buffer.count - cursor >= length:
            return takeWhole(bodyLength: length)
        case .fixed(let length):
            detachHead()
            phase = .fixedBody(remaining: length)
        case .chunked:
            detachHead()
            phase = .chunked(ChunkedBody())
        }
        owesContinue = head.expectsContinue
        return nil
    }

    // MARK: The body

    /// The common case: head and body are in the buffer together.
    private mutating func takeWhole(bodyLength: Int) -> ParsedRequest {
        let end = cursor + bodyLength
        let body = bodyLength == 0 ? [] : buffer.span.array(cursor..<end)
        let method = head.method(in: buffer.span, start: start)
        let (path, query) = head.target(in: buffer.span, start: start)
        let fieldBytes: [UInt8]
        if start == 0, end == buffer.count {
            // No bytes follow: the request takes over the buffer itself.
            fieldBytes = buffer
            buffer = []
            start = 0
        } else {
            fieldBytes = buffer.span.array(start..<cursor)
            start = end
        }
        let request = ParsedRequest(
            method: method,
            path: path,
            query: query,
            fields: FieldLines(bytes: fieldBytes, lines: lines),
            body: body,
            keepsAlive: head.keepsAlive
        )
        startNextRequest()
        return request
    }

    private mutating func detachHead() {
        detachedHead = buffer.span.array(start..<cursor)
        start = cursor
        body = []
    }

    private mutating func takeFixedBody(_ remaining: Int) -> ParsedRequest? {
        let taken = min(remaining, buffer.count - cursor)
        body.append(contentsOf: buffer[cursor..<(cursor + taken)])
        cursor += taken
        start = cursor
        guard taken == remaining else {
            phase = .fixedBody(remaining: remaining - taken)
            return nil
        }
        return finishDetached()
    }

    private mutating func finishDetached() -> ParsedRequest {
        let (path, query) = head.target(in: detachedHead.span, start: 0)
        let request = ParsedRequest(
            method: head.method(in: detachedHead.span, start: 0),
            path: path,
            query: query,
            fields: FieldLines(bytes: detachedHead, lines: lines),
            body: body,
            keepsAlive: head.keepsAlive
        )
        detachedHead = []
        body = []
        start = cursor
        startNextRequest()
        return request
    }

    private mutating func startNextRequest() {
        phase = .requestLine
        hasSkippedEmptyLine = false
        owesContinue = false
        lines = []
        cursor = start
        scanned = start
        if start == buffer.count { discardConsumed() }
    }

    /// Drops bytes that no later step reads, once per feed, so that a pipeline costs linear time.
    private mutating func discardConsumed() {
        if case .chunked = phase { start = cursor }
        guard start > 0 else { return }
        if start == buffer.count {
            buffer = []
        } else {
            buffer.removeSubrange(0..<start)
        }
        cursor -= start
        scanned = max(scanned - start, 0)
        fieldsStart -= start
        start = 0
    }
}
