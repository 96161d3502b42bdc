import Foundations
package import OAuthProtocol
package import ServerConfiguration
package import SocketHTTP

/// Owns the fetched metadata documents: one request serves all waiting callers, the host's cache lifetime is applied
/// within bounds, and failures never replace a copy (CM-5, CM-7).
package actor MetadataDocumentCache {
    /// The bounds of the cache.
    package struct Limits: Sendable {
        /// The most documents; at the bound the one that was fetched first is evicted.
        package var documentsMax = 4096
        /// How often unknown documents are fetched, and how many at once; at the bound another one is refused.
        package var fetches = DocumentFetchLimits()
        /// The most renewals of known documents of one host: made-up paths there must not prevent the renewal of its
        /// real document.
        package var renewalsPerHost = Configuration.Rate(burst: 60, perMinute: 120)
        /// For how long a failure is answered without another request: the user's second click must not be an attack.
        package var failureLifetime: Duration = .seconds(15)
        /// The greatest age of a copy that lets an authorization in progress continue, or a first answer wait (CM-5).
        package var staleMax = CacheLifetime.maximum

        /// The default bounds.
        package init() {}
    }

    private struct Entry {
        var client: Client
        var entityTag: String?
        var fetchedAt: Timestamp
        var expiry: Timestamp
    }

    private struct Failed {
        let failure: MetadataDocumentFailure
        let expiry: Timestamp
    }

    private typealias Outcome = Result<Client, MetadataDocumentFailure>
    private typealias Fetch = Task<Outcome, Never>

    private let fetch: MetadataDocumentFetch
    private let timeSource: any TimeSource
    private let limits: Limits
    private var entries: [String: Entry] = [:]
    private var failures: [String: Failed] = [:]
    private let flight: SingleFlight<String, Outcome>
    private var allowance: FetchAllowance

    /// An empty cache.
    package init(
        fetch: MetadataDocumentFetch,
        timeSource: any TimeSource,
        limits: Limits = .init(),
        work: BackgroundWork
    ) {
        self.fetch = fetch
        self.timeSource = timeSource
        self.limits = limits
        flight = SingleFlight { operation in work.start(.isCancelled, operation) }
        allowance = FetchAllowance(limits.fetches, renewals: limits.renewalsPerHost)
    }

    /// How many documents are kept.
    package var count: Int { entries.count }

    /// The document's client while its copy is fresh.
    package func fresh(_ url: ClientIDURL) -> Client? {
        let now = timeSource.now()
        guard let entry = entries[url.text], entry.fetchedAt <= now, now < entry.expiry else { return nil }
        return entry.client
    }

    /// The document's client from a copy that may be stale, but not by more than a day.
    package func stale(_ url: ClientIDURL) -> Client? {
        guard let entry = entries[url.text], timeSource.now() - entry.fetchedAt < limits.staleMax else { return nil }
        return entry.client
    }

    /// Whether asking for the document would start a request now.
    package func needsFetch(_ url: ClientIDURL) -> Bool {
        fresh(url) == nil && flight.task(for: url.text) == nil && failure(url) == nil
    }

    /// The document's client: from a fresh copy, or fetched now by one request for all waiting callers.
    ///
    /// - Parameters:
    ///   - url: The document's URL.
    ///   - source: Who asks; `nil` for the server itself.
    ///   - isRegistered: Whether the registry has an earlier copy, which users have approved: its renewal does not
    ///     depend on what others ask of the same host.
    /// - Returns: The client.
    /// - Throws: Why it is unusable. The reason is repeated during a short time.
    package func client(
        _ url: ClientIDURL,
        source: IPAddress?,
        isRegistered: Bool
    ) async throws(MetadataDocumentFailure) -> Client {
        if let client = fresh(url) {
            return client
        }
        if let failure = failure(url) {
            throw failure
        }
        if let task = flight.task(for: url.text) {
            return try await task.value.get()
        }
        return try await start(url, source, isKnown: isRegistered || entries[url.text] != nil).value.get()
    }

    private func failure(_ url: ClientIDURL) -> MetadataDocumentFailure? {
        guard let failed = failures[url.text], timeSource.now() < failed.expiry else { return nil }
        return failed.failure
    }

    private func start(
        _ url: ClientIDURL,
        _ source: IPAddress?,
        isKnown: Bool
    ) throws(MetadataDocumentFailure) -> Fetch {
        guard flight.count < limits.fetches.simultaneous(isLoopback: url.isLoopback),
            case .admitted(let charge) = allowance.admit(
                url.host,
                isLoopback: url.isLoopback,
                source: source,
                isKnown: isKnown,
                now: timeSource.now()
            )
        else { throw MetadataDocumentFailure(.throttled, "too many documents are being fetched from this host") }
        // The fetch bounds its duration.
        guard let task = flight.task(for: url.text, { await self.run(url, source, charge) }) else {
            throw MetadataDocumentFailure(.unreachable, "this server is shutting down")
        }
        return task
    }

    private func run(_ url: ClientIDURL, _ source: IPAddress?, _ charge: FetchAllowance.Charge?) async -> Outcome {
        let outcome: Outcome
        do throws(MetadataDocumentFailure) {
            let answer = try await fetch.document(
                at: url,
                entityTag: entries[url.text]?.entityTag,
                source: source,
                now: timeSource.now()
            )
            outcome = .success(try keep(answer, url))
            allowance.succeeded(charge)
        } catch {
            outcome = .failure(error)
            note(error, url)
        }
        return outcome
    }

    private func keep(
        _ answer: MetadataDocumentFetch.Answer,
        _ url: ClientIDURL
    ) throws(MetadataDocumentFailure) -> Client {
        let now = timeSource.now()
        failures[url.text] = nil
        switch answer {
        case .document(let document, let entityTag, let lifetime):
            makeRoom(for: url)
            entries[url.text] = Entry(
                client: document.client,
                entityTag: entityTag,
                fetchedAt: now,
                expiry: now + lifetime
            )
            return document.client
        case .notModified(let lifetime):
            guard var entry = entries[url.text] else {
                throw MetadataDocumentFailure(.badAnswer, "the host answered 304, but no document is cached")
            }
            entry.fetchedAt = now
            entry.expiry = now + lifetime
            entries[url.text] = entry
            return entry.client
        }
    }

    // A failure is stored beside the copy, never in its place (CM-5). A throttled fetch was not a fetch.
    private func note(_ failure: MetadataDocumentFailure, _ url: ClientIDURL) {
        guard failure.kind != .throttled else { return }
        let now = timeSource.now()
        if failures.count >= limits.documentsMax {
            failures = failures.filter { now < $0.value.expiry }
        }
        guard failures.count < limits.documentsMax else { return }
        failures[url.text] = Failed(failure: failure, expiry: now + limits.failureLifetime)
    }

    private func makeRoom(for url: ClientIDURL) {
        guard entries.count >= limits.documentsMax, entries[url.text] == nil,
            let oldest = entries.min(by: { $0.value.fetchedAt < $1.value.fetchedAt })
        else { return }
        entries[oldest.key] = nil
    }
}
