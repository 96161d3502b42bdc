import Logging

/// TLS for a connection: bytes pass through the session on their way in and out.
extension Connection {
    /// Performs the handshake within its time; `false` when it failed, and then no HTTP is exchanged.
    func handshake(_ source: TLSContextSource) async -> Bool {
        setDeadline(after: service.settings.handshakeTimeout)
        guard let tls = await beginSession(source) else { return failHandshake() }
        while true {
            // The key exchange and the signature take as long as several requests, which must not wait for many.
            await loop.roomForSlowWork()
            let step = tls.handshake()
            // Also after a failure: the alert tells the client the reason.
            let isSent = await flush(tls, within: nil)
            switch step {
            case .done where isSent:
                barrenBytes = 0
                return true
            case .needsInput where isSent && !hasReachedEnd:
                guard await waitUntilReadable() == .ready, take(from: tls) else { return failHandshake() }
            default:
                return failHandshake()
            }
        }
    }

    /// The session, once the client has sent something: one that stays silent costs no session.
    private func beginSession(_ source: TLSContextSource) async -> TLSSession? {
        while await waitUntilReadable() == .ready {
            guard let count = receive() else { continue }
            guard count > 0, let session = source.makeSession() else { return nil }
            tls = session
            barrenBytes += count
            return charge(barrenBytes) && loop.withInput(count) { session.receive($0) } ? session : nil
        }
        return nil
    }

    private func failHandshake() -> Bool {
        service.counters.failedHandshakes.add(1)
        service.logger.debug("TLS handshake failed", metadata: ["peer": "\(peer.ip)"])
        return false
    }

    /// Moves received bytes into the session; `false` when the connection has ended.
    private func take(from tls: TLSSession) -> Bool {
        guard let count = receive() else { return true }
        barrenBytes += count
        return count > 0 && charge(barrenBytes) && loop.withInput(count) { tls.receive($0) }
    }

    /// Decrypts what the session has received and feeds it to the parser; `false` when the session has ended or is
    /// broken.
    func decryptReceived(_ tls: TLSSession) -> Bool {
        while true {
            var plain = 0
            switch tls.read(into: &loop.input, count: &plain) {
            case .done:
                barrenBytes = 0
                loop.withInput(plain) { parser.append($0) }
            case .needsInput:
                return true
            case .closed, .failed:
                return false
            }
        }
    }

    /// Whether a client that is being read from may continue: false when it makes the session work without sending
    /// HTTP.
    ///
    /// RFC 8446 §4.6.3: a peer may ask for new keys at any time and as often as it likes, and each request queues an
    /// answer. Nothing is written while a request is awaited, so a flood of them would grow the queue without bound.
    func isWorthwhile(_ tls: TLSSession) -> Bool {
        barrenBytes <= Self.barrenBytesMax && tls.outgoingByteCount <= Self.unsentBytesMax
    }

    /// Four of the largest records: an incomplete record yields nothing either.
    private static var barrenBytesMax: Int { 64 * 1024 }
    private static var unsentBytesMax: Int { 16 * 1024 }

    /// Encrypts the loop's output buffer and sends it.
    func sendEncrypted(_ tls: TLSSession) async -> Bool {
        guard loop.withOutput({ tls.write($0) }) else { return false }
        return await flush(tls, within: service.settings.writeTimeout)
    }

    /// Sends TLS close_notify.
    func closeNotify(_ tls: TLSSession) async {
        tls.close()
        _ = await flush(tls, within: service.settings.writeTimeout)
    }

    /// Sends what the session has for the peer, with one call if the socket takes it all.
    ///
    /// - Parameters:
    ///   - tls: The session.
    ///   - timeout: How long the rest may take, in nanoseconds; `nil` keeps the deadline that holds already, such as
    ///     that of a whole handshake.
    /// - Returns: `false` when the connection has ended.
    private func flush(_ tls: TLSSession, within timeout: UInt64?) async -> Bool {
        let rest: [UInt8]? = tls.withOutgoing { bytes in
            guard bytes.count > 0 else { return [] }
            guard let sent = sendNow(bytes) else { return nil }
            return sent == bytes.count ? [] : bytes.array(sent..<bytes.count)
        }
        guard let rest else { return false }
        guard !rest.isEmpty else { return true }
        if let timeout { setDeadline(after: timeout) }
        return await sendAll(rest)
    }
}
