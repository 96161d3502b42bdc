import Glibc
import HTTPTypes
import Logging

/// The life of a connection: reads requests and writes responses, in order, until one side ends it.
extension Connection {
    /// Runs until the connection has ended and its descriptor is closed.
    func run() async {
        defer { service.remove(self) }
        if let tlsSource {
            guard await handshake(tlsSource), let tls else { return }
            // The first request may have arrived with the client's last handshake message.
            if !decryptReceived(tls) { hasReachedEnd = true }
        }
        // A client that connects and sends nothing is given the time of a header, not of an idle connection.
        setDeadline(after: service.settings.headerTimeout)
        var served = 0
        while true {
            switch await nextRequest() {
            case .request(let message):
                served += 1
                guard await answer(message, isLast: served >= service.settings.requestsPerConnectionMax) else { return }
                // A client that sends faster than it is answered must not keep the loop from the other connections.
                if served % 32 == 0 { await Task.yield() }
                stage = .idle
                setDeadline(after: service.settings.idleTimeout)
            case .refused(let rejection):
                await refuse(rejection)
                return
            case .ended:
                await endGracefully()
                return
            }
        }
    }

    private enum Next {
        case request(ParsedRequest)
        case refused(RequestRejection)
        case ended
    }

    private func nextRequest() async -> Next {
        var outcome = parser.next()
        while true {
            switch outcome {
            case .request(let message):
                return .request(message)
            case .reject(let rejection):
                return .refused(rejection)
            case .needMore:
                // RFC 9110 §10.1.1: the client waits for this before it sends the body.
                if parser.takeContinueRequest() {
                    guard await send(ResponseSerializer.interimContinue) else { return .ended }
                }
                noteProgress()
                // An incomplete TLS record is held by the session.
                guard charge(parser.heldByteCount + barrenBytes) else { return .refused(.overloaded) }
                guard !hasReachedEnd else { return .ended }
                if let end = await waitForBytes() { return end }
                outcome = readAndParse()
            }
        }
    }

    /// A deadline covers a whole stage: one byte every second does not extend it.
    private func noteProgress() {
        let progress = parser.progress
        guard progress != stage else { return }
        stage = progress
        switch progress {
        case .idle: setDeadline(after: service.settings.idleTimeout)
        case .head: setDeadline(after: service.settings.headerTimeout)
        case .body: setDeadline(after: service.settings.bodyTimeout)
        }
    }

    /// Waits until a read may succeed; otherwise returns how the connection ends.
    private func waitForBytes() async -> Next? {
        awaitsRequest = parser.progress == .idle
        defer { awaitsRequest = false }
        if service.isDraining, awaitsRequest, !mayRead { return .ended }
        switch await waitUntilReadable() {
        case .ready: return nil
        case .timedOut: return parser.progress == .idle ? .ended : .refused(.tooSlow)
        case .drained, .aborted: return .ended
        }
    }

    private func readAndParse() -> RequestParser.Outcome {
        guard let count = receive(), count > 0 else { return .needMore }
        if let tls {
            barrenBytes += count
            // Requests that arrived before the session ended are still answered.
            let isAlive = loop.withInput(count) { tls.receive($0) } && decryptReceived(tls) && isWorthwhile(tls)
            if !isAlive { hasReachedEnd = true }
            return parser.next()
        }
        return loop.withInput(count) { parser.feed($0) }
    }

    // MARK: Answering

    /// Lets the responder answer the request and writes the response; `false` when the connection ends with it.
    private func answer(_ message: consuming ParsedRequest, isLast: Bool) async -> Bool {
        setDeadline(after: nil)
        service.counters.requests.add(1)
        guard charge(message.byteCount) else {
            await refuse(.overloaded)
            return false
        }
        let keepsAlive = message.keepsAlive && !isLast
        let isHead = message.method == .head
        let request = Request(message, peer: peer.ip, isTLS: tls != nil, user: peer.user)
        let response = await service.responder.current.respond(to: request)
        let closes = !keepsAlive || response.closesConnection || service.isDraining
        guard await write(response, isHead: isHead, closes: closes) else { return false }
        if closes { await endGracefully() }
        return !closes
    }

    private func refuse(_ rejection: RequestRejection) async {
        // Nothing more is read: what has arrived is not kept until the client closes.
        parser = RequestParser(limits: service.settings.limits)
        _ = charge(0)
        service.counters.countRejection(rejection.status)
        service.logger.debug(
            "request refused",
            metadata: [
                "peer": "\(peer.ip)", "status": "\(rejection.status.code)", "reason": "\(rejection.reason)",
                "rule": "\(rejection.rule)",
            ]
        )
        guard await write(rejection.response, isHead: false, closes: true) else { return }
        await endGracefully()
    }

    private func write(_ response: Response, isHead: Bool, closes: Bool) async -> Bool {
        let common = service.commonLines()
        loop.resetOutput()
        ResponseSerializer.append(response, to: &loop.output, common: common, isHead: isHead, closes: closes)
        return await sendOutput()
    }

    private func send(_ bytes: [UInt8]) async -> Bool {
        loop.resetOutput()
        loop.output.append(contentsOf: bytes)
        return await sendOutput()
    }

    /// Writes the loop's output buffer with one call; only the bytes that the socket does not take are copied.
    private func sendOutput() async -> Bool {
        if let tls { return await sendEncrypted(tls) }
        guard let sent = loop.withOutput({ sendNow($0) }) else { return false }
        guard sent < loop.output.count else { return true }
        setDeadline(after: service.settings.writeTimeout)
        return await sendAll(Array(loop.output[sent...]))
    }

    // MARK: Ending

    /// RFC 9112 §9.6: half-close, then read until the client closes, so that a reset cannot discard the response.
    private func endGracefully() async {
        if let tls, !isAborted { await closeNotify(tls) }
        guard !isAborted, !hasReachedEnd, shutdown(descriptor, CInt(SHUT_WR)) == 0 else { return }
        setDeadline(after: service.isDraining ? 300_000_000 : 2_000_000_000)
        var discarded = 0
        while discarded < 16 * 1024 * 1024, await waitUntilReadable() == .ready {
            guard let count = receive() else { continue }
            if count == 0 { return }
            discarded += count
        }
    }
}
