import Logging

/// TLS for a connection: bytes pass through the session on their way in and out.
extension Connection {
    /// Performs the handshake within its time; `false` when it failed, and then no HTTP is exchanged.
    func handshake(_ tls: TLSSession) async -> Bool {
        setDeadline(after: service.settings.handshakeTimeout)
        while true {
            let step = tls.handshake()
            // Also after a failure: the alert tells the client the reason.
            let isSent = await flush(tls)
            switch step {
            case .done where isSent:
                return true
            case .needsInput where isSent && !hasReachedEnd:
                guard await waitUntilReadable() == .ready, take(from: tls) else { return failHandshake() }
            default:
                return failHandshake()
            }
        }
    }

    private func failHandshake() -> Bool {
        service.counters.failedHandshakes.add(1)
        service.logger.debug("TLS handshake failed", metadata: ["peer": "\(peer.ip)"])
        return false
    }

    /// Moves received bytes into the session; `false` when the connection has ended.
    private func take(from tls: TLSSession) -> Bool {
        guard let count = receive() else { return true }
        return count > 0 && loop.withInput(count) { tls.receive($0) }
    }

    /// Decrypts what the session has received and feeds it to the parser; `false` when the session has ended or is
    /// broken.
    func decryptReceived(_ tls: TLSSession) -> Bool {
        while true {
            var plain = 0
            switch tls.read(into: &loop.input, count: &plain) {
            case .done:
                loop.withInput(plain) { parser.append($0) }
            case .needsInput:
                return true
            case .closed, .failed:
                return false
            }
        }
    }

    /// Encrypts the loop's output buffer and sends it.
    func sendEncrypted(_ tls: TLSSession) async -> Bool {
        guard loop.withOutput({ tls.write($0) }) else { return false }
        return await flush(tls)
    }

    /// Sends TLS close_notify.
    func closeNotify(_ tls: TLSSession) async {
        tls.close()
        _ = await flush(tls)
    }

    /// Sends what the session has for the peer, with one call if the socket takes it all.
    private func flush(_ tls: TLSSession) async -> Bool {
        let rest: [UInt8]? = tls.withOutgoing { bytes in
            guard bytes.count > 0 else { return [] }
            guard let sent = sendNow(bytes) else { return nil }
            return sent == bytes.count ? [] : bytes.array(sent..<bytes.count)
        }
        guard let rest else { return false }
        guard !rest.isEmpty else { return true }
        setDeadline(after: service.settings.writeTimeout)
        return await sendAll(rest)
    }
}
