package import ServerConfiguration

/// D-90, CM-7: how often this server fetches metadata documents and key sets of clients.
///
/// The usual rates keep made-up URLs from directing this server at a victim. A host on loopback is this machine, which
/// is reachable only while the issuer is there too: a test or a fleet of clients may have hundreds of documents, and is
/// limited only by rates that the operator changes.
package struct DocumentFetchLimits: Sendable {
    /// The rate of one host's unknown documents.
    package let perHost: Configuration.Rate
    /// The rate of one source's fetches.
    package let perSource: Configuration.Rate
    /// This node's part of both rates.
    package var share = NodeShare.whole
    /// Whether the rate of a host holds for loopback.
    package let limitsLoopbackHosts: Bool
    /// Whether the rate of a source holds for documents on loopback.
    package let limitsLoopbackSources: Bool

    /// The configured rates; one that is not the usual one holds for loopback too.
    package init(perHost: Configuration.Rate = .hostFetches, perSource: Configuration.Rate = .sourceFetches) {
        self.perHost = perHost
        self.perSource = perSource
        limitsLoopbackHosts = perHost != .hostFetches
        limitsLoopbackSources = perSource != .sourceFetches
    }

    /// The most simultaneous fetches from one host: a slow one cannot hold more; `nil` for no bound of its own.
    package func simultaneousPerHost(isLoopback: Bool) -> Int? {
        if isLoopback, !limitsLoopbackHosts { return nil }
        // Four of the usual ten; a fleet whose rate the operator raises gets its share of connections too.
        return min(max(4, perHost.burst * 2 / 5), 64)
    }

    /// The most simultaneous fetches from all hosts.
    package func simultaneous(isLoopback: Bool) -> Int {
        isLoopback && !limitsLoopbackHosts ? 1024 : min(max(64, perHost.burst), 1024)
    }
}
